/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Samples a minute apart, and what is told: one letter each. The clock is the
 * test's own.
 */
#include "alarms/level.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"

#define MINUTE (60 * CLOCK_SECOND)

/* Above 100 for two of three, above 1000; clear below a half for two. */
static const struct level_rule high = {.warning = 100,
	.critical = 1000,
	.clear = 0.5,
	.n = 2,
	.of = 3,
	.good = 2};
/* Below 10 and 3 at once, clear two above for three. */
static const struct level_rule low = {.warning = 10,
	.critical = 3,
	.clear = 1,
	.add = 2,
	.n = 1,
	.of = 1,
	.good = 3,
	.below = true};
static const struct level_rule nagging = {.warning = 1,
	.critical = 2,
	.clear = 1,
	.n = 1,
	.of = 1,
	.good = 1,
	.repeat = 3 * MINUTE};
/* Only one of the two levels. */
static const struct level_rule only_critical = {.warning = INFINITY,
	.critical = 5,
	.clear = 1,
	.n = 1,
	.of = 1,
	.good = 1};

#define NO 1e9 /* stands for NAN in a table */
#define END -1

static const struct {
	const char *what;
	const struct level_rule *rule;
	/* - same, R raised, W worse, B better, O recovered, S still */
	const char *told;
	double values[16];
} rows[] = {
	{"one peak is none", &high, "-----", {50, 200, 50, 50, 200, END}},
	{"two of three", &high, "-R---", {200, 200, 200, 200, 150, END}},
	{"with a hole between", &high, "--R", {200, 50, 200, END}},
	{"the threshold itself is good", &high, "---", {100, 100, 100, END}},
	{"worse, and told once", &high, "-R-W--",
		{200, 200, 2000, 2000, 2000, 2000, END}},
	{"critical at once", &high, "-R-", {2000, 2000, 2000, END}},
	{"between the lines nothing ends", &high, "-R----",
		{200, 200, 90, 80, 99, 60, END}},
	{"well below for two samples", &high, "-R---O",
		{200, 200, 40, 60, 50, 50, END}},
	{"well below for two samples in a row", &high, "-R-O-",
		{200, 200, 40, 40, 10, END}},
	{"after a recovery it takes two again", &high, "-R-O-R",
		{200, 200, 10, 10, 200, 200, END}},
	{"from critical to warning to none", &high, "-R-B-O",
		{2000, 2000, 400, 400, 10, 10, END}},
	{"from critical to none", &high, "-R-O", {2000, 2000, 1, 1, END}},
	{"no sample is no change", &high, "---R", {200, NO, NO, 200, END}},
	{"low at once", &low, "-RW----B", {11, 9, 2, 2, 4, 5, 5, 5, END}},
	{"low clears above its line", &low, "R-----",
		{9, 11, 12, 12, 11, 13, END}},
	{"low clears above its line, three times", &low, "R--O-",
		{9, 12, 12, 12, 12, END}},
	{"critical is told again", &nagging, "RW--S--S-O",
		{2, 3, 3, 3, 3, 3, 3, 3, 3, 1, END}},
	{"a warning is not", &nagging, "R-----", {2, 2, 2, 2, 2, 2, END}},
	{"a level that is off", &only_critical, "--R-O-",
		{4, 5, 6, 6, 5, 4, END}},
};

static const char letters[] = {
	[LEVEL_SAME] = '-',
	[LEVEL_RAISED] = 'R',
	[LEVEL_WORSE] = 'W',
	[LEVEL_BETTER] = 'B',
	[LEVEL_RECOVERED] = 'O',
	[LEVEL_STILL] = 'S',
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct level_state s = {0};
		char told[17] = "";

		for (size_t j = 0; rows[i].values[j] != END && j < 16; j++) {
			double v = rows[i].values[j];

			told[j] = letters[level_sample(&s, rows[i].rule,
				v == NO ? NAN : v, (int64_t)j * MINUTE)];
		}
		if (strcmp(told, rows[i].told) != 0)
			fail_msg("%s: %s, wanted %s", rows[i].what, told,
				rows[i].told);
	}
}

/* Since when: from the first bad sample, not from the one that told it. */
static void test_since(void **state)
{
	struct level_state s = {0};

	(void)state;
	level_sample(&s, &high, 50, 10 * MINUTE);
	level_sample(&s, &high, 200, 11 * MINUTE);
	assert_int_equal(
		level_sample(&s, &high, 200, 12 * MINUTE), LEVEL_RAISED);
	assert_int_equal(s.since, 11 * MINUTE);
	level_sample(&s, &high, 2000, 13 * MINUTE);
	level_sample(&s, &high, 2000, 14 * MINUTE);
	assert_int_equal(s.level, LEVEL_CRITICAL);
	assert_int_equal(s.since, 11 * MINUTE);
}

/* An old peak is no part of an alarm that begins much later. */
static void test_since_forgets_a_peak(void **state)
{
	struct level_state s = {0};
	int64_t minute = 0;

	(void)state;
	level_sample(&s, &high, 200, minute++ * MINUTE);
	while (minute < 20)
		level_sample(&s, &high, 50, minute++ * MINUTE);
	level_sample(&s, &high, 200, 20 * MINUTE);
	level_sample(&s, &high, 200, 21 * MINUTE);
	assert_int_equal(s.since, 20 * MINUTE);
}

/* Each alarm that was raised ends with a recovery, whatever comes between. */
static void test_recovery_is_always_told(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 1000; round++) {
		struct level_state s = {0};
		enum level seen = LEVEL_OK;

		for (int64_t i = 0; i < 200; i++) {
			double v = i < 190 ? (seed = seed * 1103515245 + 12345,
						     seed >> 16) %
						     2048
					   : 0;
			enum level before = s.level;
			enum level_news news =
				level_sample(&s, &high, v, i * MINUTE);

			assert_int_equal(before != s.level,
				news != LEVEL_SAME && news != LEVEL_STILL);
			if (news == LEVEL_RAISED || news == LEVEL_WORSE ||
				news == LEVEL_BETTER)
				seen = s.level;
			if (news == LEVEL_RECOVERED)
				seen = LEVEL_OK;
		}
		assert_int_equal(seen, LEVEL_OK);
		assert_int_equal(s.level, LEVEL_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_since),
		cmocka_unit_test(test_since_forgets_a_peak),
		cmocka_unit_test(test_recovery_is_always_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
