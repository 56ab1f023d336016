/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From failures to bans, with the clocks held and a kernel that only notes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/reason.h"
#include "lib/clock.h"
#include "tests/daemon/world.h"

static void test_maxretry_in_findtime(void **state)
{
	struct world *w = *state;

	world_fail(w, 0, "192.0.2.1", -601);
	world_fail(w, 0, "192.0.2.1", -1);
	world_fail(w, 0, "192.0.2.1", 0);
	assert_int_equal(w->bans, 0);
	world_fail(w, 1, "192.0.2.1", 0);
	assert_int_equal(w->bans, 0);
	world_fail(w, 0, "192.0.2.1", 0);
	assert_int_equal(w->bans, 1);
	assert_int_equal(w->last_ban.jail, 0);
	assert_int_equal(w->last_ban.end, T0 + 600);
	/* It is banned: no second time. */
	for (int i = 0; i < 5; i++)
		world_fail(w, 0, "192.0.2.1", 0);
	assert_int_equal(w->bans, 1);
	assert_int_equal(world_failing(w, 0), 0);
}

static void test_a_ban_ends(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 3; i++)
		world_fail(w, 0, "192.0.2.1", 0);
	world_hold(599);
	decisions_tick(w->decisions);
	assert_int_equal(world_banned(w, 0), 1);
	world_hold(600);
	decisions_tick(w->decisions);
	assert_int_equal(world_banned(w, 0), 0);
	/* The kernel has ended it by itself. */
	assert_int_equal(w->unbans, 0);
	for (int i = 0; i < 3; i++)
		world_fail(w, 0, "192.0.2.1", 600);
	assert_int_equal(w->bans, 2);
}

static void test_old_lines_ban_as_they_would_have(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 3; i++)
		world_fail(w, 0, "192.0.2.1", -700);
	assert_int_equal(w->bans, 0); /* over by now */
	for (int i = 0; i < 3; i++)
		world_fail(w, 0, "192.0.2.2", -500);
	assert_int_equal(w->bans, 1);
	assert_int_equal(w->last_ban.end, T0 + 100);
}

static void test_the_future_is_now(void **state)
{
	struct world *w = *state;

	world_fail(w, 0, "192.0.2.1", 1000000000);
	world_fail(w, 0, "192.0.2.1", 0);
	world_fail(w, 0, "192.0.2.1", INT64_C(200000000000));
	assert_int_equal(w->bans, 1);
	assert_int_equal(w->last_ban.end, T0 + 600);
}

/* While a log of long ago is read, what it tells of is not old. */
static void test_a_tick_in_between_forgets_nothing(void **state)
{
	struct world *w = *state;

	w->jails[0].bantime = 10000;
	world_fail(w, 0, "192.0.2.1", -900);
	world_fail(w, 0, "192.0.2.1", -890);
	decisions_tick(w->decisions);
	assert_int_equal(world_failing(w, 0), 1);
	world_fail(w, 0, "192.0.2.1", -880);
	assert_int_equal(w->bans, 1);
	world_fail(w, 0, "192.0.2.2", -900);
	decisions_tick(w->decisions);
	decisions_tick(w->decisions);
	assert_int_equal(world_failing(w, 0), 0);
}

static void test_what_a_ban_is_for(void **state)
{
	static const struct {
		int regex;
		uint16_t reason;
	} rows[] = {{0, REASON_REGEX}, {7, REASON_REGEX + 7},
		{DECISIONS_BY_HAND, REASON_HAND},
		{DECISIONS_BY_ANY, REASON_UNKNOWN},
		{UINT16_MAX - REASON_REGEX, UINT16_MAX},
		{UINT16_MAX - REASON_REGEX + 1, REASON_UNKNOWN}};
	struct world *w = *state;

	w->jails[0].maxretry = 1;
	decisions_limits_changed(w->decisions, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct failure failure = {
			.who = world_at("192.0.2.1"), .regex = rows[i].regex};

		failure.who.net.ip[15] = (uint8_t)(i + 1);
		decisions_failure(w->decisions, 0, &failure);
		assert_int_equal(w->bans, i + 1);
		assert_int_equal(w->last_ban.reason, rows[i].reason);
	}
}

/* A jail whose actions only tell bans nobody by itself. */
static void test_no_action_that_bans(void **state)
{
	struct world *w = *state;

	w->jails[0].bans = false;
	for (int i = 0; i < 3; i++)
		world_fail(w, 0, "192.0.2.1", i);
	assert_int_equal(world_banned(w, 0), 0);
	assert_int_equal(w->bans, 0);
	w->jails[0].bans = true;
	for (int i = 0; i < 3; i++)
		world_fail(w, 0, "192.0.2.1", i);
	assert_int_equal(world_banned(w, 0), 1);
}

static void test_by_hand(void **state)
{
	static const int64_t for_ever[] = {-1, INT64_MIN, INT64_MAX,
		INT64_MAX - T0, INT64_C(1000000000000)};
	struct world *w = *state;
	struct prefix who = world_at("192.0.2.1"),
		      net = world_at("198.51.100.0/24");

	assert_int_equal(
		decisions_ban(w->decisions, 0, &who, 0), DECISION_DONE);
	assert_int_equal(w->last_ban.end, T0 + 600);
	assert_int_equal(
		decisions_ban(w->decisions, 0, &who, 5), DECISION_NOTHING);
	for (size_t i = 0; i < sizeof(for_ever) / sizeof(*for_ever); i++) {
		assert_int_equal(
			decisions_ban(w->decisions, 1, &net, for_ever[i]),
			DECISION_DONE);
		assert_true(w->last_ban.end == BAN_FOREVER);
		assert_int_equal(
			decisions_unban(w->decisions, 1, &net), DECISION_DONE);
	}
	assert_int_equal(
		decisions_unban(w->decisions, 1, &net), DECISION_NOTHING);
	assert_int_equal(
		decisions_ban(w->decisions, 1, &net, 1), DECISION_DONE);
	world_hold(1);
	decisions_tick(w->decisions);
	assert_int_equal(world_banned(w, 1), 0);
}

static void test_who_is_never_banned(void **state)
{
	static const char *const never[] = {"127.0.0.1", "::1", "0.0.0.0",
		"0.0.0.0/0", "::/0", "224.0.0.1", "255.255.255.255", "ff02::1",
		"::", "::ffff:127.0.0.1", "192.0.2.77", "192.0.2.0/24",
		"126.0.0.0/7"};
	struct world *w = *state;
	struct prefix ignored = world_at("192.0.2.77");

	assert_int_equal(prefixset_add(&w->jails[0].ignoreip, &ignored), 0);
	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++) {
		struct prefix who = world_at(never[i]);

		for (int k = 0; k < 4; k++)
			world_fail(w, 0, never[i], 0);
		assert_int_equal(decisions_ban(w->decisions, 0, &who, 0),
			DECISION_IGNORED);
	}
	assert_int_equal(w->bans, 0);
}

static void test_caps(void **state)
{
	struct world *w = *state;
	struct decision_counts c;
	char text[32];

	for (int i = 0; i < 3000; i++) {
		snprintf(text, sizeof(text), "10.0.%d.%d", i / 250, i % 250);
		world_fail(w, 0, text, 0);
	}
	decisions_counts(w->decisions, 0, &c);
	assert_int_equal(c.failed, 1000);
	assert_int_equal(c.evictions, 2000);
	for (int i = 0; i < 1001; i++) {
		struct prefix who;

		snprintf(text, sizeof(text), "10.1.%d.%d", i / 250, i % 250);
		who = world_at(text);
		assert_int_equal(decisions_ban(w->decisions, 0, &who, 0),
			i < 1000 ? DECISION_DONE : DECISION_FULL);
	}
	assert_int_equal(w->bans, 1000);
	world_hold(600);
	decisions_tick(w->decisions);
	assert_int_equal(world_banned(w, 0), 0);
}

static void test_reconfigure_moves_by_name(void **state)
{
	struct world *w = *state;
	struct config_jail turned[2] = {
		{.jail = &w->jails[2]}, {.jail = &w->jails[0]}};
	struct config other = w->config;

	other.items = turned;
	other.n = 2;
	for (int i = 0; i < 3; i++) {
		world_fail(w, 0, "192.0.2.1", 0);
		world_fail(w, 1, "192.0.2.2", 0);
	}
	world_fail(w, 2, "192.0.2.3", 0);
	world_fail(w, 2, "192.0.2.3", 0);
	decisions_reconfigure(w->decisions, &other);
	assert_int_equal(world_banned(w, 0), 0);
	assert_int_equal(world_banned(w, 1), 1);
	assert_int_equal(world_failing(w, 0), 1);
	assert_int_equal(w->bans, 2);
	assert_int_equal(w->unbans, 0);
	world_fail(w, 0, "192.0.2.3", 0);
	assert_int_equal(w->bans, 3);
	/* b is gone, its ban too: also from the store. */
	decisions_reconfigure(w->decisions, &w->config);
	world_restart(w);
	assert_int_equal(world_banned(w, 0), 1);
	assert_int_equal(world_banned(w, 1), 0);
	assert_int_equal(world_banned(w, 2), 1);
}

static void test_a_smaller_maxretry_bans_nobody_by_itself(void **state)
{
	struct world *w = *state;
	struct jail strict = w->jails[0];
	struct config_jail item = {.jail = &strict};
	struct config other = w->config;

	strict.maxretry = 1;
	other.items = &item;
	other.n = 1;
	world_fail(w, 0, "192.0.2.1", 0);
	world_fail(w, 0, "192.0.2.1", 0);
	decisions_reconfigure(w->decisions, &other);
	assert_int_equal(w->bans, 0);
	world_fail(w, 0, "192.0.2.1", 0);
	assert_int_equal(w->bans, 1);
	decisions_reconfigure(w->decisions, &w->config);
}

/* All that was in one second, too, counts on below the new maxretry. */
static void test_limits_that_change_while_it_runs(void **state)
{
	struct world *w = *state;

	w->jails[0].maxretry = 5;
	decisions_limits_changed(w->decisions, 0);
	for (int i = 0; i < 4; i++)
		world_fail(w, 0, "192.0.2.1", 0);
	world_fail(w, 0, "192.0.2.2", -300);
	w->jails[0].maxretry = 3;
	w->jails[0].findtime = 100;
	decisions_limits_changed(w->decisions, 0);
	assert_int_equal(w->bans, 0);
	assert_int_equal(world_failing(w, 0), 2);
	world_fail(w, 0, "192.0.2.1", 0);
	assert_int_equal(w->bans, 1);
	world_fail(w, 0, "192.0.2.2", 0);
	world_fail(w, 0, "192.0.2.2", 0);
	assert_int_equal(w->bans, 1);
}

static void test_attempts_by_hand(void **state)
{
	struct prefix who = world_at("192.0.2.1"), own = world_at("127.0.0.1");
	struct world *w = *state;

	assert_int_equal(
		decisions_attempt(w->decisions, 0, &who, 2), DECISION_DONE);
	assert_int_equal(w->bans, 0);
	assert_int_equal(
		decisions_attempt(w->decisions, 0, &who, 1), DECISION_DONE);
	assert_int_equal(w->bans, 1);
	assert_int_equal(
		decisions_attempt(w->decisions, 0, &own, 9), DECISION_IGNORED);
	assert_int_equal(w->bans, 1);
}

static void test_whom_a_reload_ignores_is_let_go(void **state)
{
	struct world *w = *state;
	struct prefix who = world_at("192.0.2.1"),
		      other = world_at("192.0.2.2");

	decisions_ban(w->decisions, 0, &who, -1);
	decisions_ban(w->decisions, 0, &other, -1);
	decisions_ban(w->decisions, 1, &who, -1);
	assert_int_equal(prefixset_add(&w->jails[0].ignoreip, &who), 0);
	decisions_reconfigure(w->decisions, &w->config);
	assert_int_equal(w->unbans, 0);
	decisions_lift_ignored(w->decisions);
	assert_int_equal(w->unbans, 1);
	assert_int_equal(w->last_unban.jail, 0);
	assert_true(addr_equal(&w->last_unban.who.net, &who.net));
	assert_int_equal(world_banned(w, 0), 1);
	assert_int_equal(world_banned(w, 1), 1);
	/* And by a restart: the kernel has kept the ban meanwhile. */
	assert_int_equal(prefixset_add(&w->jails[1].ignoreip, &who), 0);
	world_restart(w);
	assert_int_equal(w->unbans, 2);
	assert_int_equal(w->last_unban.jail, 1);
	assert_int_equal(world_banned(w, 1), 0);
}

static void test_restart(void **state)
{
	struct world *w = *state;
	struct prefix who = world_at("2001:db8::/64"),
		      brief = world_at("192.0.2.9");

	decisions_ban(w->decisions, 0, &who, -1);
	decisions_ban(w->decisions, 0, &brief, 5);
	for (int i = 0; i < 3; i++)
		world_fail(w, 1, "192.0.2.1", 0);
	world_fail(w, 2, "192.0.2.2", 0);
	world_fail(w, 2, "192.0.2.2", 0);
	w->bans = 0;
	world_hold(10);
	world_restart(w);
	assert_int_equal(w->bans, 2);
	assert_int_equal(world_banned(w, 0), 1);
	assert_int_equal(world_banned(w, 1), 1);
	world_fail(w, 2, "192.0.2.2", 10);
	assert_int_equal(w->bans, 3);
}

static void count_failures(void *ctx, const char *jail, const struct addr *who,
	const void *bytes, size_t n)
{
	unsigned int *count = ctx;

	(void)jail;
	(void)who;
	(void)bytes;
	(void)n;
	(*count)++;
}

static void test_the_store_does_not_grow_for_ever(void **state)
{
	struct world *w = *state;
	unsigned int count = 0;
	char text[32];

	for (int round = 0; round < 5; round++) {
		world_hold(round * 1300);
		for (int i = 0; i < 200; i++) {
			snprintf(text, sizeof(text), "10.%d.0.%d", round, i);
			world_fail(w, 0, text, round * 1300);
		}
		decisions_save(w->decisions);
		decisions_tick(w->decisions);
	}
	state_commit(w->store);
	state_each_failures(w->store, count_failures, &count);
	assert_int_equal(count, 200);
}

static void test_the_clock_is_set_back(void **state)
{
	struct prefix who = world_at("192.0.2.1");
	struct world *w = *state;
	struct ban ban;

	for (int i = 0; i < 3; i++)
		world_fail(w, 0, "192.0.2.1", 0);
	world_fail(w, 0, "192.0.2.2", 0);
	world_fail(w, 0, "192.0.2.2", 0);
	/* A year back; the kernel counts down all the same. */
	clock_hold((T0 - 31536000) * CLOCK_SECOND, (BOOT + 1) * CLOCK_SECOND);
	decisions_tick(w->decisions);
	assert_int_equal(world_banned(w, 0), 1);
	assert_true(banlist_find(decisions_bans(w->decisions), &who, 0, &ban));
	assert_int_equal(ban.start, T0 - 31536001);
	assert_int_equal(ban.end, T0 - 31536001 + 600);
	world_fail(w, 0, "192.0.2.2", -31536000);
	assert_int_equal(w->bans, 2);
	clock_hold((T0 - 31536000 + 601) * CLOCK_SECOND,
		(BOOT + 602) * CLOCK_SECOND);
	decisions_tick(w->decisions);
	assert_int_equal(world_banned(w, 0), 0);
	for (int i = 0; i < 3; i++)
		world_fail(w, 0, "192.0.2.1", -31536000 + 601);
	assert_int_equal(w->bans, 3);
}

static void test_the_clock_is_set_on(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 3; i++)
		world_fail(w, 0, "192.0.2.1", 0);
	world_fail(w, 0, "192.0.2.2", 0);
	world_fail(w, 0, "192.0.2.2", 0);
	clock_hold((T0 + 31536000) * CLOCK_SECOND, (BOOT + 1) * CLOCK_SECOND);
	decisions_tick(w->decisions);
	assert_int_equal(world_banned(w, 0), 1);
	world_fail(w, 0, "192.0.2.2", 31536000);
	assert_int_equal(world_banned(w, 0), 2);
}

static void test_set_back_between_two_runs(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 3; i++)
		world_fail(w, 0, "192.0.2.1", 0);
	clock_hold((T0 - 31536000) * CLOCK_SECOND, BOOT * CLOCK_SECOND);
	world_restart(w);
	assert_int_equal(world_banned(w, 0), 1);
	assert_true(w->last_ban.end == T0 - 31536000 + 600);
}

static void test_many_end_at_once(void **state)
{
	struct world *w = *state;

	w->config.settings.max_bans = 100000;
	decisions_free(&w->decisions);
	world_begin(w);
	for (uint32_t i = 0; i < 100000; i++) {
		uint8_t ip[4] = {
			10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
		struct addr a = addr_from_bytes(ip, 4);
		struct prefix who = prefix_of(&a);

		assert_int_equal(decisions_ban(w->decisions, 0, &who, 10),
			DECISION_DONE);
	}
	world_hold(10);
	for (int i = 0; i < 100 && world_banned(w, 0); i++)
		decisions_tick(w->decisions);
	assert_int_equal(world_banned(w, 0), 0);
	assert_int_equal(w->unbans, 0);
}

/* Jail 2 counts the bans of the others but for those of jail 1. */
static void begin_recidive(struct world *w)
{
	w->jails[2].counts_bans = true;
	w->items[2].bans_but = "b";
	decisions_free(&w->decisions);
	world_begin(w);
}

/* While the disk fails nothing is kept; once it does not, all is. */
static void test_a_disk_that_fails_for_a_while(void **state)
{
	struct world *w = *state;
	struct prefix lifted = world_at("192.0.2.1"),
		      begun = world_at("192.0.2.2");
	struct rlimit old, none;

	decisions_ban(w->decisions, 0, &lifted, 600);
	decisions_save(w->decisions);
	state_commit(w->store);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	none = old;
	none.rlim_cur = 100;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	decisions_unban(w->decisions, 0, &lifted);
	decisions_ban(w->decisions, 0, &begun, 600);
	decisions_save(w->decisions);
	state_commit(w->store);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	world_hold(11);
	decisions_save(w->decisions);
	state_commit(w->store);
	world_restart(w);
	assert_int_equal(world_banned(w, 0), 1);
	assert_true(
		banlist_find(decisions_bans(w->decisions), &begun, 0, NULL));
}

static void test_bans_are_failures_to_a_recidive(void **state)
{
	struct world *w = *state;
	struct prefix net = world_at("192.0.2.0/24"),
		      first = world_at("192.0.2.1"),
		      other = world_at("192.0.2.2");

	begin_recidive(w);
	for (int round = 0; round < 3; round++) {
		assert_int_equal(world_banned(w, 2), 0);
		world_hold(round * 100);
		for (int i = 0; i < 3; i++) {
			world_fail(w, 0, "192.0.2.1", round * 100);
			world_fail(w, 1, "192.0.2.2", round * 100);
		}
		decisions_ban(w->decisions, 0, &net, 10);
		decisions_unban(w->decisions, 0, &net);
		assert_int_equal(world_failing(w, 2), round < 2);
		decisions_unban(w->decisions, 0, &first);
		decisions_unban(w->decisions, 1, &other);
	}
	assert_int_equal(world_banned(w, 2), 1);
}

static void test_a_ban_put_back_is_no_other_one(void **state)
{
	struct world *w = *state;

	begin_recidive(w);
	for (int i = 0; i < 3; i++)
		world_fail(w, 0, "192.0.2.1", 0);
	assert_int_equal(world_failing(w, 2), 1);
	for (int i = 0; i < 4; i++)
		world_restart(w);
	decisions_reconfigure(w->decisions, &w->config);
	assert_int_equal(world_banned(w, 0), 1);
	assert_int_equal(world_failing(w, 2), 1);
	assert_int_equal(world_banned(w, 2), 0);
	/* What it knew outlives it too: the third ban is the third. */
	for (int i = 1; i < 3; i++) {
		struct prefix who = world_at("192.0.2.1");

		decisions_unban(w->decisions, 0, &who);
		decisions_ban(w->decisions, 0, &who, 60);
	}
	assert_int_equal(world_banned(w, 2), 1);
}

static void attempt_at(struct world *w, int64_t seconds, const char *witness,
	uint32_t attempts)
{
	const struct failure failure = {.who = world_at("192.0.2.1"),
		.time = (T0 + seconds) * CLOCK_SECOND,
		.witness = witness,
		.witness_len = strlen(witness),
		.session = "S1",
		.session_len = 2,
		.attempts = attempts};

	decisions_failure(w->decisions, 0, &failure);
}

/* A line that stands for some is as good as these. */
static void test_a_line_for_several(void **state)
{
	struct world *w = *state;
	struct failure failure = {.who = world_at("192.0.2.1"),
		.time = T0 * CLOCK_SECOND,
		.more = 1};
	struct decision_counts c;

	decisions_failure(w->decisions, 0, &failure);
	decisions_counts(w->decisions, 0, &c);
	assert_int_equal(c.total_failed, 2);
	assert_int_equal(w->bans, 0);
	decisions_later(w->decisions, 0, &failure);
	decisions_settle(w->decisions);
	assert_int_equal(w->bans, 1);
	failure.who = world_at("192.0.2.2");
	failure.more = 999;
	decisions_failure(w->decisions, 0, &failure);
	decisions_counts(w->decisions, 0, &c);
	assert_int_equal(c.total_failed, 1004);
	assert_int_equal(w->bans, 2);
	w->jails[0].count = JAIL_COUNT_ATTEMPTS;
	decisions_reconfigure(w->decisions, &w->config);
	failure = (struct failure){.who = world_at("192.0.2.3"),
		.time = T0 * CLOCK_SECOND,
		.witness = "login",
		.witness_len = 5,
		.more = 1};
	/* Of no connection that is known; then one of whom is told again. */
	decisions_failure(w->decisions, 0, &failure);
	failure.witness = "pam";
	failure.witness_len = 3;
	decisions_failure(w->decisions, 0, &failure);
	decisions_counts(w->decisions, 0, &c);
	assert_int_equal(c.total_failed, 1006);
	assert_int_equal(c.repeated, 2);
	assert_int_equal(w->bans, 2);
	failure.session = "S1";
	failure.session_len = 2;
	failure.attempts = 2;
	failure.who = world_at("192.0.2.4");
	decisions_failure(w->decisions, 0, &failure);
	decisions_counts(w->decisions, 0, &c);
	assert_int_equal(c.total_failed, 1008);
	assert_int_equal(c.repeated, 3);
}

static void test_attempts_or_lines(void **state)
{
	struct world *w = *state;
	struct prefix who = world_at("192.0.2.1");
	struct decision_counts c;

	/* fail2ban's way: three lines. */
	attempt_at(w, 0, "pam", 0);
	attempt_at(w, 0, "login", 7);
	decisions_counts(w->decisions, 0, &c);
	assert_int_equal(c.total_failed, 2);
	assert_int_equal(w->bans, 0);
	w->jails[0].count = JAIL_COUNT_ATTEMPTS;
	decisions_reconfigure(w->decisions, &w->config);
	decisions_unban(w->decisions, 0, &who);
	attempt_at(w, 0, "pam", 0);
	attempt_at(w, 1, "sql", 0);
	attempt_at(w, 2, "login", 2);
	decisions_counts(w->decisions, 0, &c);
	assert_int_equal(c.total_failed, 4);
	assert_int_equal(c.repeated, 1);
	assert_int_equal(w->bans, 0);
	/* A reload forgets nothing of it. */
	decisions_reconfigure(w->decisions, &w->config);
	attempt_at(w, 2, "login", 2);
	decisions_counts(w->decisions, 0, &c);
	assert_int_equal(c.total_failed, 4);
	assert_int_equal(c.repeated, 2);
	attempt_at(w, 2, "login", 1000000);
	assert_int_equal(w->bans, 1);
}

static void fail_each(struct world *w, int first, int n)
{
	char text[32];

	for (int i = first; i < first + n; i++) {
		snprintf(text, sizeof(text), "10.%d.%d.%d", i >> 16,
			i >> 8 & 255, i & 255);
		world_fail(w, 0, text, 0);
	}
}

static void test_what_the_caps_cost_is_told_once_a_minute(void **state)
{
	struct world *w = *state;
	struct decision_counts c;
	struct prefix who = world_at("192.0.2.1");
	char path[80];

	snprintf(path, sizeof(path), "%s/log", w->dir);
	assert_non_null(freopen(path, "w", stderr));
	w->config.settings.max_bans = 1;
	decisions_reconfigure(w->decisions, &w->config);
	assert_int_equal(
		decisions_ban(w->decisions, 0, &who, 600), DECISION_DONE);
	fail_each(w, 0, 1500);
	decisions_tick(w->decisions);
	assert_int_equal(world_said(path, "[a] failures of 500 addresses"), 1);
	for (int second = 1; second < 60; second++) {
		world_hold(second);
		fail_each(w, second * 1500, 10);
		/* No line each, as the one before. */
		who.net.ip[15]++;
		assert_int_equal(decisions_ban(w->decisions, 0, &who, 600),
			DECISION_FULL);
		decisions_tick(w->decisions);
		if (second == 30)
			decisions_reconfigure(w->decisions, &w->config);
	}
	assert_int_equal(world_said(path, "failures of "), 1);
	assert_int_equal(world_said(path, "not banned"), 1);
	assert_int_equal(
		world_said(path, "[a] 1 not banned, 192.0.2.2 the last"), 1);
	world_hold(61);
	decisions_tick(w->decisions);
	assert_int_equal(world_said(path, "[a] failures of 590 addresses"), 1);
	assert_int_equal(
		world_said(path, "[a] 58 not banned, 192.0.2.60 the last"), 1);
	world_hold(130);
	decisions_tick(w->decisions);
	assert_int_equal(world_said(path, "failures of "), 2);
	assert_int_equal(world_said(path, "not banned"), 2);
	decisions_counts(w->decisions, 0, &c);
	assert_int_equal(c.evictions, 1090);
	assert_int_equal(c.banned, 1);
	assert_non_null(freopen("/dev/null", "w", stderr));
	unlink(path);
}

/* A flood does not fill the log: so many lines a second, and how many more. */
static void test_a_flood_is_summed_up(void **state)
{
	struct world *w = *state;
	char path[80];

	snprintf(path, sizeof(path), "%s/log", w->dir);
	assert_non_null(freopen(path, "w", stderr));
	fail_each(w, 0, 201);
	assert_int_equal(world_said(path, "[a] Found 10."), 200);
	decisions_tick(w->decisions);
	assert_int_equal(world_said(path, "[a] Found 1 more"), 1);
	fail_each(w, 0, 1);
	decisions_tick(w->decisions);
	assert_int_equal(world_said(path, "[a] Found 10."), 201);
	assert_int_equal(world_said(path, "more in this second"), 1);
	assert_int_equal(world_said(path, "attempts"), 0);
	assert_non_null(freopen("/dev/null", "w", stderr));
	unlink(path);
}

/* The same failures of few addresses, in three jails, one of which counts
 * attempts; how is decisions_failure or decisions_later. What the line said is
 * gone after each. */
static void fail_many(struct world *w,
	void (*how)(struct decisions *, size_t, const struct failure *))
{
	uint64_t random = 1;

	for (int i = 0; i < 5000; i++) {
		struct failure failure = {.time = (T0 + i / 8) * CLOCK_SECOND};
		char ip[32], session[8], user[8];

		random = random * UINT64_C(6364136223846793005) + 1;
		snprintf(ip, sizeof(ip), "192.0.2.%u",
			(unsigned int)(random >> 58));
		snprintf(session, sizeof(session), "s%u",
			(unsigned int)(random >> 52 & 15));
		snprintf(user, sizeof(user), "u%u",
			(unsigned int)(random >> 48 & 3));
		failure.who = world_at(ip);
		failure.session = session;
		failure.session_len = strlen(session);
		failure.user = user;
		failure.user_len = strlen(user);
		failure.witness = random >> 47 & 1 ? "pam" : NULL;
		failure.witness_len = failure.witness ? 3 : 0;
		failure.attempts = random >> 46 & 1 ? 2 : 0;
		how(w->decisions, (size_t)(random >> 40) % JAILS, &failure);
		if (how == decisions_later && (random >> 32 & 31) == 0)
			decisions_settle(w->decisions);
	}
	if (how == decisions_later)
		decisions_settle(w->decisions);
}

static void test_who_waits_is_decided_the_same(void **state)
{
	struct decision_counts one[JAILS], many[JAILS];
	struct world *w = *state;
	unsigned int bans;
	uint64_t order;

	w->jails[2].count = JAIL_COUNT_ATTEMPTS;
	world_hold(1000);
	decisions_free(&w->decisions);
	world_begin(w);
	fail_many(w, decisions_failure);
	for (size_t i = 0; i < JAILS; i++)
		decisions_counts(w->decisions, i, &one[i]);
	bans = w->bans;
	order = w->order;
	assert_true(bans > 50);
	assert_true(one[2].repeated > 50);

	decisions_free(&w->decisions);
	w->bans = 0;
	w->order = 0;
	world_begin(w);
	fail_many(w, decisions_later);
	for (size_t i = 0; i < JAILS; i++)
		decisions_counts(w->decisions, i, &many[i]);
	assert_int_equal(w->bans, bans);
	assert_int_equal(w->order, order);
	assert_memory_equal(many, one, sizeof(one));
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, world_make, world_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_maxretry_in_findtime),
		TEST(test_a_ban_ends),
		TEST(test_old_lines_ban_as_they_would_have),
		TEST(test_the_future_is_now),
		TEST(test_a_tick_in_between_forgets_nothing),
		TEST(test_what_a_ban_is_for),
		TEST(test_no_action_that_bans),
		TEST(test_by_hand),
		TEST(test_who_is_never_banned),
		TEST(test_caps),
		TEST(test_reconfigure_moves_by_name),
		TEST(test_a_smaller_maxretry_bans_nobody_by_itself),
		TEST(test_limits_that_change_while_it_runs),
		TEST(test_attempts_by_hand),
		TEST(test_whom_a_reload_ignores_is_let_go),
		TEST(test_restart),
		TEST(test_the_store_does_not_grow_for_ever),
		TEST(test_the_clock_is_set_back),
		TEST(test_the_clock_is_set_on),
		TEST(test_set_back_between_two_runs),
		TEST(test_many_end_at_once),
		TEST(test_a_disk_that_fails_for_a_while),
		TEST(test_bans_are_failures_to_a_recidive),
		TEST(test_a_ban_put_back_is_no_other_one),
		TEST(test_a_line_for_several),
		TEST(test_attempts_or_lines),
		TEST(test_what_the_caps_cost_is_told_once_a_minute),
		TEST(test_a_flood_is_summed_up),
		TEST(test_who_waits_is_decided_the_same),
	};

	return cmocka_run_group_tests(tests, world_quiet, NULL);
}
