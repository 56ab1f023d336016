/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "tests/daemon/world.h"

static void test_a_trial_is_confirmed(void **state)
{
	struct prefix who = world_at("192.0.2.1");
	struct world *w = *state;

	assert_int_equal(
		decisions_confirm(w->decisions, 0, &who, 0), DECISION_NOTHING);
	decisions_ban(w->decisions, 0, &who, 30);
	world_hold(10);
	w->bans = 0;
	/* No number of seconds makes it shorter. */
	assert_int_equal(
		decisions_confirm(w->decisions, 0, &who, 5), DECISION_DONE);
	assert_int_equal(w->bans, 1);
	assert_int_equal(w->last_ban.start, T0);
	assert_int_equal(w->last_ban.end, T0 + 30);
	decisions_confirm(w->decisions, 0, &who, 100);
	assert_int_equal(w->last_ban.end, T0 + 110);
	decisions_confirm(w->decisions, 0, &who, 0);
	assert_int_equal(w->last_ban.end, T0 + 610);
	assert_int_equal(world_banned(w, 0), 1);
	/* Over a restart too. */
	world_hold(609);
	world_restart(w);
	assert_int_equal(world_banned(w, 0), 1);
	decisions_confirm(w->decisions, 0, &who, -1);
	assert_true(w->last_ban.end == BAN_FOREVER);
	decisions_confirm(w->decisions, 0, &who, 100);
	assert_true(w->last_ban.end == BAN_FOREVER);
}

static void test_a_ban_from_elsewhere(void **state)
{
	struct world *w = *state;
	struct ban ban = {.who = world_at("192.0.2.1"),
		.jail = 1,
		.start = T0 + 50,
		.end = T0 + 100};
	struct prefix own = world_at("127.0.0.1");
	struct decision_counts c;

	world_fail(w, 1, "192.0.2.1", 0);
	world_fail(w, 1, "192.0.2.1", 0);
	decisions_save(w->decisions);
	assert_int_equal(decisions_import(w->decisions, &ban), DECISION_DONE);
	assert_int_equal(w->last_ban.start, T0);
	assert_int_equal(w->last_ban.end, T0 + 100);
	assert_int_equal(w->last_ban.count, 1);
	decisions_counts(w->decisions, 1, &c);
	assert_int_equal(c.total_banned, 1);
	assert_int_equal(c.banned, 1);
	/* As long as it is already, or shorter: nothing new. */
	assert_int_equal(
		decisions_import(w->decisions, &ban), DECISION_NOTHING);
	ban.end = T0 + 99;
	assert_int_equal(
		decisions_import(w->decisions, &ban), DECISION_NOTHING);
	ban.end = T0 + 101;
	ban.start = T0 - 7;
	ban.count = 5;
	assert_int_equal(decisions_import(w->decisions, &ban), DECISION_DONE);
	assert_int_equal(w->last_ban.start, T0 - 7);
	assert_int_equal(w->last_ban.count, 5);
	assert_int_equal(w->bans, 2);
	ban.who = own;
	assert_int_equal(
		decisions_import(w->decisions, &ban), DECISION_IGNORED);
	/* What it had failed before is forgotten, over a restart too. */
	world_hold(101);
	decisions_tick(w->decisions);
	world_restart(w);
	assert_int_equal(world_failing(w, 1), 0);
}

/* Whom an admin banned or let go begins anew; the store knows it too. */
static void test_failures_are_forgotten_by_hand(void **state)
{
	struct prefix let_go = world_at("192.0.2.1"),
		      brief = world_at("192.0.2.2"),
		      left = world_at("192.0.2.3");
	struct world *w = *state;

	for (int i = 0; i < 2; i++) {
		world_fail(w, 0, "192.0.2.1", 0);
		world_fail(w, 0, "192.0.2.2", 0);
		world_fail(w, 0, "192.0.2.3", 0);
	}
	world_restart(w);
	assert_int_equal(world_failing(w, 0), 3);
	assert_int_equal(
		decisions_unban(w->decisions, 0, &let_go), DECISION_NOTHING);
	decisions_ban(w->decisions, 0, &brief, 1);
	assert_int_equal(world_failing(w, 0), 1);
	world_hold(2);
	decisions_tick(w->decisions);
	world_restart(w);
	assert_int_equal(world_failing(w, 0), 1);
	world_fail(w, 0, "192.0.2.1", 2);
	world_fail(w, 0, "192.0.2.2", 2);
	assert_int_equal(world_banned(w, 0), 0);
	world_fail(w, 0, "192.0.2.3", 2);
	assert_true(banlist_find(decisions_bans(w->decisions), &left, 0, NULL));
}

static void test_who_is_never_to_be_banned(void **state)
{
	struct prefix who = world_at("192.0.2.1");
	struct world *w = *state;

	assert_false(decisions_never_bans(w->decisions, 0, &who));
	assert_int_equal(prefixset_add(&w->jails[0].ignoreip, &who), 0);
	assert_true(decisions_never_bans(w->decisions, 0, &who));
	assert_false(decisions_never_bans(w->decisions, 1, &who));
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, world_make, world_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_trial_is_confirmed),
		TEST(test_a_ban_from_elsewhere),
		TEST(test_failures_are_forgotten_by_hand),
		TEST(test_who_is_never_to_be_banned),
	};

	return cmocka_run_group_tests(tests, world_quiet, NULL);
}
