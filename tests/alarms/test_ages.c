/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ages of files on hosts whose clock is set, with clocks of the test's. */
#include "alarms/ages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/clock.h"

#define MINUTE 60
#define HOUR 3600
#define DAY (24 * HOUR)
#define WALL INT64_C(1700000000)

static struct ages ages;
static int64_t now, wall; /* seconds */

static int setup(void **state)
{
	(void)state;
	ages = (struct ages){0};
	now = 5 * DAY;
	wall = WALL;
	ages_see(&ages, now * CLOCK_SECOND, wall * CLOCK_SECOND);
	return 0;
}

/* Time goes by, with a look each minute. */
static void go(int64_t seconds)
{
	for (int64_t i = MINUTE; i <= seconds; i += MINUTE) {
		now += MINUTE;
		wall += MINUTE;
		ages_see(&ages, now * CLOCK_SECOND, wall * CLOCK_SECOND);
	}
}

static int age(int64_t born)
{
	return (int)ages_of(&ages, born, now * CLOCK_SECOND);
}

static void test_plain(void **state)
{
	(void)state;
	go(HOUR);
	assert_int_equal(age(WALL), HOUR);
	assert_int_equal(age(wall), 0);
	assert_int_equal(age(wall + HOUR), 0);
	/* Long before the start of all. */
	assert_int_equal(age(WALL - 30 * DAY), 30 * DAY + HOUR);
	assert_false(ages_unsure(&ages));
}

/* A machine that slept, or a clock that was wrong at the start. */
static void test_forward(void **state)
{
	int64_t before, between;

	(void)state;
	go(10 * MINUTE);
	before = wall;
	between = wall + 20; /* after the last look, before the jump */
	wall += 8 * HOUR;
	go(MINUTE);
	assert_int_equal(age(before), MINUTE);
	assert_int_equal(age(WALL), 11 * MINUTE);
	assert_int_equal(age(between), 40);
	/* Right after the jump, before a look. */
	assert_int_equal(age(wall - 30), 30);
	go(5 * HOUR);
	assert_int_equal(age(before), 5 * HOUR + MINUTE);
	assert_false(ages_unsure(&ages));
}

static void test_back(void **state)
{
	int64_t before;

	(void)state;
	go(HOUR);
	before = wall;
	wall -= 3 * HOUR;
	go(10 * MINUTE);
	assert_int_equal(age(before), 10 * MINUTE);
	assert_int_equal(age(wall - MINUTE), MINUTE);
	assert_true(ages_unsure(&ages));
	go(3 * HOUR);
	assert_false(ages_unsure(&ages));
	assert_int_equal(age(wall - HOUR), HOUR);
}

/* What a time server does bit by bit is no jump, and is not forgotten. */
static void test_slow(void **state)
{
	int64_t before = wall;

	(void)state;
	for (int i = 0; i < DAY / MINUTE; i++) {
		go(MINUTE);
		wall += i % 10 == 0;
	}
	assert_in_range(age(before), DAY, DAY + 24 * 6);
	assert_in_range(age(wall - HOUR), HOUR - 20, HOUR + 20);
}

/* Over and over: the table has an end, and what is young stays right. */
static void test_many(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		wall += i % 2 ? -2 * HOUR : 3 * HOUR;
		go(5 * MINUTE);
		assert_in_range(
			age(wall - 3 * MINUTE), 3 * MINUTE - 1, 3 * MINUTE + 1);
		assert_int_equal(age(wall + DAY), 0);
	}
	assert_int_equal(ages.n, AGES_ERAS);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plain),
		TEST(test_forward),
		TEST(test_back),
		TEST(test_slow),
		TEST(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
