/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alarms/habit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define START (INT64_C(1795154400) / 3600 * 3600)
#define HOUR 3600
#define ALICE "alice", 5

/*
 * The recipients of an account in its hours with mail, one after the other,
 * and the hour that is the first alarm; -1: none is.
 */
static const struct row {
	const char *what;
	int hours[40];
	int n, alarm;
} rows[] = {
	{"a person", {3, 1, 5, 2, 8, 4, 1, 3, 12, 2, 30, 4, 49}, 13, -1},
	{"a person who is taken over", {3, 1, 5, 2, 8, 4, 1, 400}, 8, 7},
	{"taken over, and careful", {3, 1, 5, 2, 8, 4, 1, 51}, 8, 7},
	{"a new account with a party", {150, 20}, 2, -1},
	{"a new account of a spammer", {201}, 1, 0},
	{"a shop", {90, 120, 80, 110, 95, 100, 130, 300, 350}, 9, -1},
	{"a shop that is taken over",
		{90, 120, 80, 110, 150, 95, 100, 130, 3000}, 9, 8},
	{"a list, each day at noon",
		{5, 180, 5, 180, 5, 180, 5, 180, 5, 200, 6, 250}, 12, -1},
	{"one strange hour is no habit", {5, 5, 5, 5, 5, 5, 45, 5, 60}, 9, 8},
	{"nobody grows into it slowly at once",
		{10, 10, 10, 10, 10, 10, 40, 40, 61}, 9, 8},
};

static void test_hours(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct habit *habit = habit_new(&habit_default);
		int first = -1;

		for (int h = 0; h < rows[i].n; h++)
			/* One by one, as they come. */
			for (int r = 0; r < rows[i].hours[h]; r++)
				if (habit_sent(habit, ALICE, 1,
					    START + h * HOUR + r % HOUR) !=
						HABIT_NONE &&
					first < 0)
					first = h;
		if (first != rows[i].alarm)
			fail_msg("%s: %d, not %d", rows[i].what, first,
				rows[i].alarm);
		habit_free(&habit);
	}
}

/* So many hours with the same number. */
static void live(struct habit *habit, int hours, uint32_t recipients)
{
	for (int h = 0; h < hours; h++)
		assert_int_equal(
			habit_sent(habit, ALICE, recipients, START + h * HOUR),
			HABIT_NONE);
}

static void test_told_once_an_hour_and_never_learnt(void **state)
{
	struct habit *habit = habit_new(&habit_default);
	struct habit_account a;
	int64_t now = START + 10 * HOUR;

	(void)state;
	live(habit, 10, 10);
	for (int h = 0; h < 60; h++, now += HOUR) {
		assert_int_equal(habit_sent(habit, ALICE, 50, now), HABIT_NONE);
		assert_int_equal(habit_sent(habit, ALICE, 1, now), HABIT_MANY);
		assert_int_equal(
			habit_sent(habit, ALICE, 900, now), HABIT_NONE);
	}
	assert_true(habit_find(habit, ALICE, &a));
	assert_string_equal(a.name, "alice");
	assert_int_equal(a.usual, 10);
	assert_int_equal(a.limit, 50);
	assert_int_equal(a.recipients, 951);
	assert_true(a.many);
	habit_free(&habit);
}

static void test_what_is_forgiven_is_learnt(void **state)
{
	struct habit *habit = habit_new(&habit_default);
	int64_t now = START + 10 * HOUR;

	(void)state;
	live(habit, 10, 10);
	for (int h = 0; h < 2; h++, now += HOUR) {
		assert_int_equal(
			habit_sent(habit, ALICE, 900, now), HABIT_MANY);
		habit_forgive(habit, ALICE);
		assert_int_equal(
			habit_sent(habit, ALICE, 900, now), HABIT_NONE);
	}
	/* Twice is a habit. */
	assert_int_equal(habit_sent(habit, ALICE, 2000, now), HABIT_NONE);
	habit_free(&habit);
}

static void test_bounces(void **state)
{
	struct habit *habit = habit_new(&habit_default);

	(void)state;
	live(habit, 1, 19);
	/* Of too few they do not tell. */
	assert_int_equal(habit_bounced(habit, ALICE, 19, START), HABIT_NONE);
	habit_sent(habit, ALICE, 20, START + HOUR);
	assert_int_equal(
		habit_bounced(habit, ALICE, 7, START + HOUR), HABIT_NONE);
	assert_int_equal(
		habit_bounced(habit, ALICE, 1, START + HOUR), HABIT_BOUNCES);
	assert_int_equal(
		habit_bounced(habit, ALICE, 9, START + HOUR), HABIT_NONE);
	habit_free(&habit);
}

static void test_clocks_that_jump(void **state)
{
	struct habit *habit = habit_new(&habit_default);
	struct habit_account a;

	(void)state;
	live(habit, 10, 10);
	/* Back: it counts for the hour that is. */
	habit_sent(habit, ALICE, 5, START - 1000 * HOUR);
	assert_true(habit_find(habit, ALICE, &a));
	assert_int_equal(a.recipients, 15);
	assert_int_equal(a.hour, START / HOUR + 9);
	/* Forth: hours without mail are none. */
	habit_sent(habit, ALICE, 5, START + 100000 * HOUR);
	assert_true(habit_find(habit, ALICE, &a));
	assert_int_equal(a.recipients, 5);
	assert_int_equal(a.usual, 10);
	habit_free(&habit);
}

static void test_it_does_not_grow(void **state)
{
	struct habit *habit = habit_new(&habit_default);
	struct habit_account a;
	char name[HABIT_NAME + 1];

	(void)state;
	live(habit, 10, 10);
	for (int i = 0; i < 3 * HABIT_ACCOUNTS; i++) {
		int n = snprintf(name, sizeof(name), "account-%d", i);

		habit_sent(habit, name, (size_t)n, 1, START + 10 * HOUR);
		/* Who goes on sending is not forgotten. */
		habit_sent(habit, ALICE, 0, START + 10 * HOUR);
	}
	assert_int_equal(habit_evictions(habit), 2 * HABIT_ACCOUNTS + 1);
	assert_true(habit_find(habit, ALICE, &a));
	assert_int_equal(a.usual, 10);
	assert_false(habit_find(habit, "account-0", 9, &a));
	memset(name, 'x', sizeof(name));
	assert_int_equal(habit_sent(habit, name, HABIT_NAME, UINT32_MAX, START),
		HABIT_NONE);
	assert_int_equal(
		habit_sent(habit, name, 0, UINT32_MAX, START), HABIT_NONE);
	assert_int_equal(
		habit_sent(habit, name, HABIT_NAME - 1, UINT32_MAX, START),
		HABIT_MANY);
	habit_sent(habit, name, HABIT_NAME - 1, UINT32_MAX, START);
	assert_true(habit_find(habit, name, HABIT_NAME - 1, &a));
	assert_int_equal(a.recipients, UINT32_MAX);
	habit_free(&habit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hours),
		cmocka_unit_test(test_told_once_an_hour_and_never_learnt),
		cmocka_unit_test(test_what_is_forgiven_is_learnt),
		cmocka_unit_test(test_bounces),
		cmocka_unit_test(test_clocks_that_jump),
		cmocka_unit_test(test_it_does_not_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
