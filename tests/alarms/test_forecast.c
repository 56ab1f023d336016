/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks that fill in various ways, a sample a minute of the test's own time. */
#include "alarms/forecast.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/clock.h"

#define MINUTE (60 * CLOCK_SECOND)
#define HOURS 60
#define DAYS (24 * HOURS)
#define MB 1e6
#define HOUR_SECONDS 3600.0

static uint32_t seed;

static double random_of(double most)
{
	seed = seed * 1103515245 + 12345;
	return (double)(seed >> 16 & 0x7fff) / 0x7fff * most;
}

/* The values of minutes from 0 on; what is told after the last. */
static double told(double (*free_at)(int minute), int minutes)
{
	static struct forecast f;

	seed = 1;
	f = (struct forecast){0};
	for (int i = 0; i <= minutes; i++)
		forecast_add(&f, i * MINUTE, free_at(i));
	return forecast_empty(&f, minutes * MINUTE);
}

static void assert_hours(double seconds, double hours, double give)
{
	double have = seconds / HOUR_SECONDS;

	if (!(fabs(have - hours) <= give))
		fail_msg("%.2f hours, wanted %.2f", have, hours);
}

/* 1 MB a minute of 600. */
static double steady(int minute)
{
	return (600 - minute) * MB;
}

static double noisy(int minute)
{
	return steady(minute) + random_of(40) * MB;
}

/* Each day's log of 30 MB an hour is packed to nothing at its end, and a
 * backup takes 200 MB of each hour's first ten minutes. */
static double rotated(int minute)
{
	double log = minute % DAYS * 0.5 * MB;

	return 5000 * MB - log - (minute % HOURS < 10 ? 200 * MB : 0);
}

static double still(int minute)
{
	(void)minute;
	return 3 * MB;
}

/* A queue that comes and goes. */
static double trembles(int minute)
{
	(void)minute;
	return 300 * MB - random_of(290) * MB;
}

static double emptied(int minute)
{
	return (100 + minute) * MB;
}

static void test_steady(void **state)
{
	(void)state;
	assert_hours(told(steady, 2 * HOURS), 8, 0.05);
	assert_hours(told(steady, 9 * HOURS), 1, 0.05);
	assert_hours(told(steady, 10 * HOURS), 0, 0.05);
}

static void test_one_window_is_not_enough(void **state)
{
	(void)state;
	assert_true(isinf(told(steady, 20)));
	assert_false(isinf(told(steady, 45)));
}

static void test_noise(void **state)
{
	(void)state;
	assert_hours(told(noisy, 5 * HOURS), 5.3, 1.5);
}

static void test_what_comes_and_goes(void **state)
{
	(void)state;
	for (int hours = 1; hours < 48; hours++) {
		double t = told(rotated, hours * HOURS + 9);

		assert_true(t > 24 * HOUR_SECONDS);
		assert_true(isinf(told(still, hours * HOURS)));
		assert_true(isinf(told(emptied, hours * HOURS)));
		assert_true(told(trembles, hours * HOURS) > 24 * HOUR_SECONDS);
	}
}

/* 100 MB a day: only the long windows see it. */
static double slow(int minute)
{
	return 150 * MB - minute * 100 * MB / DAYS;
}

static void test_slow(void **state)
{
	(void)state;
	assert_hours(told(slow, DAYS), 12, 0.5);
}

/* A jump of the monotonic clock is a time in which nothing was seen. */
static void test_gap(void **state)
{
	struct forecast f = {0};

	(void)state;
	for (int i = 0; i < 60; i++)
		forecast_add(&f, i * MINUTE, steady(i));
	forecast_add(&f, INT64_C(30) * DAYS * MINUTE, 1 * MB);
	assert_true(isinf(forecast_empty(&f, INT64_C(30) * DAYS * MINUTE)));
}

static void test_usual(void **state)
{
	struct forecast f = {0};

	(void)state;
	for (int i = 0; i < 12 * HOURS; i++)
		forecast_add(&f, i * MINUTE, 70);
	assert_true(forecast_usual(&f) == 0);
	for (int i = 12 * HOURS; i < 3 * DAYS; i++)
		forecast_add(&f, i * MINUTE, 70);
	for (int i = 3 * DAYS; i < 3 * DAYS + 5 * HOURS; i++)
		forecast_add(&f, i * MINUTE, 7000);
	assert_true(forecast_usual(&f) == 70);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steady),
		cmocka_unit_test(test_one_window_is_not_enough),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_what_comes_and_goes),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_usual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
