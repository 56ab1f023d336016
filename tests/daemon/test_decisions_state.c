/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/decisions_parts.h"
#include "lib/clock.h"
#include "tests/daemon/world.h"

/* One address in several jails is several to the store. */
static void test_each_jail_has_its_own(void **state)
{
	struct world *w = *state;
	static const char *const who[] = {"192.0.2.2", "192.0.2.1", "::7:1"};

	for (size_t i = 0; i < 3; i++)
		for (size_t jail = JAILS; jail-- > 0;) {
			world_fail(w, jail, who[i], 0);
			world_fail(w, jail, who[i], -1);
		}
	world_restart(w);
	for (size_t jail = 0; jail < JAILS; jail++) {
		assert_int_equal(world_failing(w, jail), 3);
		for (size_t i = 0; i < 3; i++)
			world_fail(w, jail, who[i], 1);
		assert_int_equal(world_banned(w, jail), 3);
	}
}

/* A new store, where the old one was lost, gets all that there is. */
static void test_all_is_put_anew(void **state)
{
	struct prefix banned = world_at("192.0.2.9");
	struct world *w = *state;
	char path[128];

	w->jails[0].escalate.increment = true;
	decisions_ban(w->decisions, 0, &banned, -1);
	for (size_t jail = 0; jail < JAILS; jail++) {
		world_fail(w, jail, "192.0.2.1", 0);
		world_fail(w, jail, "192.0.2.2", 0);
		world_fail(w, jail, "192.0.2.2", -1);
	}
	decisions_save(w->decisions);
	state_close(&w->store);
	snprintf(path, sizeof(path), "%s/state.db", w->dir);
	assert_int_equal(unlink(path), 0);
	w->store = w->decisions->state = state_open(w->dir);
	world_fail(w, 1, "192.0.2.3", 0);
	decisions_save_all(w->decisions);
	world_restart(w);
	assert_int_equal(world_banned(w, 0), 1);
	assert_int_equal(world_failing(w, 0), 2);
	assert_int_equal(world_failing(w, 1), 3);
	assert_int_equal(world_failing(w, 2), 2);
	for (size_t jail = 0; jail < JAILS; jail++) {
		world_fail(w, jail, "192.0.2.1", 0);
		world_fail(w, jail, "192.0.2.2", 0);
		assert_int_equal(world_banned(w, jail), jail == 0 ? 2 : 1);
	}
	/* So is how often who was banned. */
	decisions_unban(w->decisions, 0, &banned);
	decisions_ban(w->decisions, 0, &banned, 0);
	assert_int_equal(w->last_ban.count, 2);
	assert_int_equal(w->last_ban.end, T0 + 1200);
}

static void test_a_ban_that_the_kernel_has(void **state)
{
	struct prefix who = world_at("192.0.2.1"), ever = world_at("192.0.2.2"),
		      ignored = world_at("192.0.2.3");
	struct world *w = *state;
	struct decision_counts c;
	struct ban ban;

	assert_true(decisions_adopt(w->decisions, 0, &who, 100, 50));
	assert_true(banlist_find(decisions_bans(w->decisions), &who, 0, &ban));
	assert_int_equal(ban.start, T0 - 100);
	assert_int_equal(ban.end, T0 + 50);
	assert_true(decisions_adopt(w->decisions, 0, &ever, 0, -1));
	assert_true(banlist_find(decisions_bans(w->decisions), &ever, 0, &ban));
	assert_true(ban.end == BAN_FOREVER);
	/* It is known already, or is just over. */
	assert_false(decisions_adopt(w->decisions, 0, &who, 100, 60));
	assert_false(decisions_adopt(w->decisions, 1, &who, 600, 0));
	assert_int_equal(w->unbans, 0);
	/* Whom it must not have it is to let go. */
	assert_int_equal(prefixset_add(&w->jails[0].ignoreip, &ignored), 0);
	assert_false(decisions_adopt(w->decisions, 0, &ignored, 1, 50));
	assert_int_equal(w->unbans, 1);
	assert_true(addr_equal(&w->last_unban.who.net, &ignored.net));
	decisions_counts(w->decisions, 0, &c);
	assert_int_equal(c.banned, 2);
	assert_int_equal(c.total_banned, 2);
	/* The kernel has them: it is told nothing, until a restart. */
	assert_int_equal(w->bans, 0);
	world_restart(w);
	assert_int_equal(w->bans, 2);
}

/* Each ban is twice as long as the last, for a month. */
static void test_offenders_are_remembered(void **state)
{
	struct prefix who = world_at("192.0.2.1");
	struct world *w = *state;
	int64_t now = 0;

	w->jails[1].escalate.increment = true;
	for (int64_t i = 0; i < 4; i++) {
		decisions_ban(w->decisions, 1, &who, 0);
		assert_int_equal(w->last_ban.end - w->last_ban.start, 600 << i);
		assert_int_equal(w->last_ban.count, i + 1);
		now = w->last_ban.end - T0;
		world_hold(now);
		decisions_tick(w->decisions);
		world_restart(w);
	}
	world_hold(now + DECISIONS_DAYS * 86400);
	world_restart(w);
	decisions_tick(w->decisions);
	decisions_ban(w->decisions, 1, &who, 10);
	assert_int_equal(w->last_ban.count, 5);
	/* Of the other jails it was none. */
	decisions_ban(w->decisions, 0, &who, 0);
	assert_int_equal(w->last_ban.count, 1);
	now += DECISIONS_DAYS * 86400 + 10;
	world_hold(now + DECISIONS_DAYS * 86400 + 1);
	decisions_tick(w->decisions);
	world_restart(w);
	decisions_ban(w->decisions, 1, &who, 0);
	assert_int_equal(w->last_ban.count, 1);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, world_make, world_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_jail_has_its_own),
		TEST(test_all_is_put_anew),
		TEST(test_a_ban_that_the_kernel_has),
		TEST(test_offenders_are_remembered),
	};

	return cmocka_run_group_tests(tests, world_quiet, NULL);
}
