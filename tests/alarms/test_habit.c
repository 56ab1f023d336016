/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alarms/habit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A Monday, 00:00 UTC. */
#define START (INT64_C(1795392000) / 3600)
#define DAY 24
#define WEEK (7 * DAY)
/* What is never an alarm, as mailban.conf has it. */
#define LEAST 200

/* An hour's recipients; true if that is more than its habit. */
static bool hour(struct habit *h, uint32_t recipients, int64_t at)
{
	habit_sent(h, recipients, at);
	if (recipients <= LEAST || recipients <= habit_limit(h))
		return false;
	h->strange = true;
	return true;
}

/*
 * The recipients of an account in its hours with mail, one after the other,
 * and the hour that is the first alarm; -1: none is.
 */
static const struct row {
	const char *what;
	uint32_t hours[40];
	int n, alarm;
} rows[] = {
	{"a person", {3, 1, 5, 2, 8, 4, 1, 3, 12, 2, 30, 4, 49}, 13, -1},
	{"who is taken over", {3, 1, 5, 2, 8, 4, 1, 3000}, 8, 7},
	{"a new account with a party", {150, 20}, 2, -1},
	{"a new account of a spammer", {201}, 1, 0},
	{"a shop", {90, 120, 80, 110, 95, 100, 130, 190, 350}, 9, -1},
	{"a shop that is taken over",
		{90, 120, 80, 110, 150, 95, 100, 130, 3000}, 9, 8},
	{"one strange hour is no habit", {5, 5, 5, 5, 5, 5, 150, 5, 5, 5, 201},
		11, 10},
};

static void test_hours(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct habit h = {0};
		int first = -1;

		for (int k = 0; k < rows[i].n; k++)
			if (hour(&h, rows[i].hours[k], START + k) && first < 0)
				first = k;
		if (first != rows[i].alarm)
			fail_msg("%s: %d, not %d", rows[i].what, first,
				rows[i].alarm);
	}
}

/* Every Monday at ten, and a few mails each day: two are told. */
static void test_a_newsletter(void **state)
{
	struct habit h = {0};

	(void)state;
	for (int week = 0; week < 20; week++)
		for (int day = 0; day < 5; day++) {
			int64_t at = START + week * WEEK + day * DAY;

			for (int i = 8; i < 18; i++)
				assert_int_equal(
					hour(&h, day == 0 && i == 10 ? 2000 : 7,
						at + i),
					day == 0 && i == 10 && week < 2);
		}
	assert_int_equal(h.usual, 7);
	assert_int_equal(habit_limit(&h), 3000);
	/* Taken over. */
	assert_true(hour(&h, 3001, START + 20 * WEEK));
}

static void test_nobody_grows_into_it(void **state)
{
	struct habit h = {0};
	int64_t at = START;

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_false(hour(&h, 10, at++));
	/* All day long, for a week. */
	while (at / WEEK == START / WEEK)
		assert_true(hour(&h, 900, at++));
	assert_int_equal(h.usual, 10);
	assert_int_equal(habit_limit(&h), 40);
}

static void test_returned(void **state)
{
	struct habit h = {0};

	(void)state;
	habit_sent(&h, 30, START);
	/* Of too few it does not tell. */
	habit_returned(&h, 19, START);
	assert_int_equal(habit_share(&h), 0);
	habit_returned(&h, 1, START);
	assert_int_equal(habit_share(&h), 66);
	/* With the hour before, never with that before it. */
	habit_sent(&h, 50, START + 1);
	assert_int_equal(habit_share(&h), 25);
	habit_turn(&h, START + 3);
	assert_int_equal(habit_share(&h), 0);
	/* Of those who always have some. */
	for (int i = 4; i < 10; i++) {
		habit_sent(&h, 100, START + i);
		habit_returned(&h, 20, START + i);
	}
	habit_turn(&h, START + 10);
	assert_int_equal(habit_limit_share(&h), 60);
	habit_returned(&h, UINT32_MAX, START + 10);
	habit_returned(&h, 9, START + 10);
	assert_int_equal(habit_share(&h), 100);
}

static void test_networks(void **state)
{
	struct habit h = {0};

	(void)state;
	for (int week = 0; week < 3; week++) {
		for (uint32_t i = 0; i < 9; i++)
			habit_network(&h, i % 6, START + week * WEEK);
		assert_int_equal(h.networks_n, 6);
	}
	assert_int_equal(habit_limit_networks(&h), 12);
	for (uint32_t i = 0; i < 1000; i++)
		habit_network(&h, i, START + 3 * WEEK);
	assert_int_equal(h.networks_n, HABIT_NETWORKS);
	assert_int_equal(habit_limit_networks(&h), 12);
}

static void test_clocks_that_jump(void **state)
{
	struct habit h = {0};

	(void)state;
	for (int i = 0; i < 10; i++)
		habit_sent(&h, 10, START + i);
	/* A log that is behind. */
	habit_sent(&h, 5, START);
	assert_int_equal(h.recipients, 15);
	assert_int_equal(h.hour, START + 9);
	/* A clock that is ahead for years, and set right. */
	habit_sent(&h, 1, START + 10000 * WEEK);
	habit_sent(&h, 7, START + 10);
	assert_int_equal(h.recipients, 7);
	habit_sent(&h, 8, START + 11);
	assert_int_equal(h.recipients, 8);
	assert_int_equal(h.usual, 10);
	habit_sent(&h, 8, START + WEEK);
	assert_int_equal(h.weeks[1], 8);
	habit_sent(&h, 8, INT64_MAX);
	assert_true(habit_valid(&h));
	habit_sent(&h, UINT32_MAX, START);
	habit_sent(&h, 1, START);
	assert_int_equal(h.recipients, UINT32_MAX);
}

/* What comes out of a file may be anything. */
static void test_what_is_not_valid(void **state)
{
	struct habit h = {0};

	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		for (size_t k = 0; k < sizeof(h); k++)
			((uint8_t *)&h)[k] = (uint8_t)(rand() >> 7);
		h.hours_n %= HABIT_HOURS + 2;
		h.hours_at %= HABIT_HOURS + 2;
		h.networks_n %= HABIT_NETWORKS + 2;
		h.usual_share %= 102;
		if (!habit_valid(&h))
			continue;
		habit_sent(&h, 5, START);
		habit_network(&h, 5, START + 1);
		habit_sent(&h, 5, START + 2);
		assert_true(habit_share(&h) <= 100);
		(void)(habit_limit(&h) + habit_limit_networks(&h));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hours),
		cmocka_unit_test(test_a_newsletter),
		cmocka_unit_test(test_nobody_grows_into_it),
		cmocka_unit_test(test_returned),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_clocks_that_jump),
		cmocka_unit_test(test_what_is_not_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
