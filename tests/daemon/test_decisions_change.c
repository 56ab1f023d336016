/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/clock.h"
#include "tests/daemon/world.h"

/* Who was banned how often goes with the jail's name, whatever its number. */
static void test_offenders_move_by_name(void **state)
{
	struct world *w = *state;
	struct config_jail turned[2] = {
		{.jail = &w->jails[2]}, {.jail = &w->jails[0]}};
	struct prefix who = world_at("192.0.2.1"), gone = world_at("192.0.2.2");
	struct config other = w->config;

	other.items = turned;
	other.n = 2;
	for (int i = 0; i < JAILS; i++)
		w->jails[i].escalate.increment = true;
	decisions_ban(w->decisions, 0, &who, 1);
	decisions_ban(w->decisions, 1, &gone, 1);
	world_hold(1);
	decisions_tick(w->decisions);
	decisions_reconfigure(w->decisions, &other);
	decisions_ban(w->decisions, 1, &who, 1);
	assert_int_equal(w->last_ban.count, 2);
	decisions_ban(w->decisions, 0, &gone, 1);
	assert_int_equal(w->last_ban.count, 1);
	/* In all jails together it is another thing. */
	world_hold(2);
	decisions_tick(w->decisions);
	w->jails[2].escalate.overalljails = true;
	decisions_ban(w->decisions, 0, &who, 1);
	assert_int_equal(w->last_ban.count, 3);
	decisions_reconfigure(w->decisions, &w->config);
}

/* A jail that comes by a reload counts as its file has it. */
static void test_a_jail_more_counts_attempts(void **state)
{
	const struct failure told = {.who = world_at("192.0.2.1"),
		.time = T0 * CLOCK_SECOND,
		.session = "S1",
		.session_len = 2,
		.witness = "login",
		.witness_len = 5,
		.attempts = 2};
	struct world *w = *state;
	struct config fewer = w->config;
	struct decision_counts c;

	fewer.n = 1;
	decisions_reconfigure(w->decisions, &fewer);
	w->jails[2].count = JAIL_COUNT_ATTEMPTS;
	decisions_reconfigure(w->decisions, &w->config);
	decisions_failure(w->decisions, 2, &told);
	decisions_failure(w->decisions, 2, &told);
	decisions_counts(w->decisions, 2, &c);
	assert_int_equal(c.total_failed, 2);
	assert_int_equal(c.repeated, 1);
}

/* What was lost is lost, also when the tables that lost it are gone. */
static void test_losses_outlive_their_tables(void **state)
{
	struct world *w = *state;
	struct decision_losses losses;
	struct decision_counts c;
	struct prefix who = world_at("192.0.2.1");
	char path[80], text[32];

	snprintf(path, sizeof(path), "%s/log", w->dir);
	assert_non_null(freopen(path, "w", stderr));
	w->config.settings.max_bans = 2;
	w->jails[0].escalate.increment = true;
	w->jails[1].count = JAIL_COUNT_ATTEMPTS;
	decisions_reconfigure(w->decisions, &w->config);
	for (int i = 0; i < 3; i++, who.net.ip[15]++)
		decisions_ban(w->decisions, 0, &who, 600);
	for (int i = 0; i < 16384 + 10; i++) {
		snprintf(text, sizeof(text), "10.1.%d.%d", i / 250, i % 250);
		world_fail(w, 1, text, 0);
	}
	for (int i = 0; i < 4; i++) {
		decisions_losses(w->decisions, &losses);
		assert_int_equal(losses.bans, 1);
		/* Each is one of its jail and one of all. */
		assert_int_equal(losses.offenders, 2);
		decisions_counts(w->decisions, 1, &c);
		assert_int_equal(c.forgotten, 10);
		assert_int_equal(c.evictions, 16394 - 1000);
		decisions_tick(w->decisions);
		if (i == 2)
			decisions_reconfigure(w->decisions, &w->config);
		/* The clock is set. */
		clock_hold((T0 + 10000) * CLOCK_SECOND, BOOT * CLOCK_SECOND);
	}
	assert_int_equal(world_said(path, "2 offenders were forgotten"), 1);
	assert_int_equal(world_said(path, "attempts of 10 addresses"), 1);
	assert_int_equal(world_said(path, "offenders were forgotten"), 1);
	/* In a jail that counts lines from now on, they are still told. */
	w->jails[1].count = JAIL_COUNT_LINES;
	decisions_reconfigure(w->decisions, &w->config);
	decisions_counts(w->decisions, 1, &c);
	assert_int_equal(c.forgotten, 10);
	assert_non_null(freopen("/dev/null", "w", stderr));
	unlink(path);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, world_make, world_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_offenders_move_by_name),
		TEST(test_a_jail_more_counts_attempts),
		TEST(test_losses_outlive_their_tables),
	};

	return cmocka_run_group_tests(tests, world_quiet, NULL);
}
