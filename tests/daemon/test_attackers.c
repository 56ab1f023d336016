/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "daemon/attackers.h"
#include "lib/addr.h"
#include "lib/clock.h"

#define NOW INT64_C(1795255200)

static struct attackers *attackers;

static int setup(void **state)
{
	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	clock_hold(NOW * CLOCK_SECOND, 0);
	attackers = attackers_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	attackers_free(&attackers);
	clock_release();
	return 0;
}

/* The i-th, in a network of its own. */
static void fails(uint32_t i, uint32_t count)
{
	const uint8_t ip[4] = {
		10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
	const struct addr a = addr_from_bytes(ip, sizeof(ip));
	const struct prefix who = prefix_of(&a);

	attackers_failed(attackers, &who, count, NOW);
}

static json_int_t told(const json_t *of, size_t of_the_day)
{
	const json_t *day = json_array_get(json_object_get(of, "days"), 0);

	return json_integer_value(json_array_get(day, of_the_day));
}

/* Who fails again is known again, whoever failed in between. */
static void each_is_one(void **state)
{
	json_t *all, *of, *row;

	(void)state;
	for (uint32_t round = 0; round < 5; round++)
		for (uint32_t i = 0; i < 300; i++)
			fails(i << 8, i == 7 ? 3 : 1);
	all = attackers_tell(attackers, 0, 2);
	for (int k = 0; k < 2; k++) {
		of = json_object_get(all, k ? "network" : "address");
		assert_int_equal(told(of, 0), 300);
		assert_int_equal(told(of, 1), 5 * 302);
		row = json_array_get(json_object_get(of, "rows"), 0);
		assert_string_equal(
			json_string_value(json_object_get(row, "name")),
			k ? "10.0.7.0/24" : "10.0.7.0");
		assert_int_equal(
			json_integer_value(json_object_get(row, "failures")),
			15);
	}
	json_decref(all);
}

/* A flood of strangers pushes out strangers, never the most eager. */
static void the_eager_stay(void **state)
{
	const uint32_t eager = 40, strangers = 8 * ATTACKERS_MOST;
	json_t *all, *of, *rows;

	(void)state;
	for (uint32_t i = 0; i < eager; i++)
		fails(i, 100);
	for (uint32_t i = 0; i < strangers; i++)
		fails(1000 + i, 1);
	all = attackers_tell(attackers, 0, eager);
	of = json_object_get(all, "address");
	rows = json_object_get(of, "rows");
	assert_int_equal(json_array_size(rows), eager);
	for (size_t i = 0; i < eager; i++)
		assert_int_equal(json_integer_value(json_object_get(
					 json_array_get(rows, i), "failures")),
			100);
	/* And each place is taken by somebody. */
	assert_int_equal(told(of, 0), ATTACKERS_MOST);
	json_decref(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_is_one, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_eager_stay, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
