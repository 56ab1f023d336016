/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jails/offender.h"
#include "lib/hash.h"

#define T0 INT64_C(1763719200)

static const struct hash_seed seed = {5, 6};

static struct prefix nth(uint32_t i)
{
	uint8_t ip[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
	struct addr a = addr_from_bytes(ip, 4);

	return prefix_of(&a);
}

static void test_counts(void **state)
{
	struct offenders *o = offenders_new(100, &seed);
	struct prefix a = nth(1), b = nth(2), net = nth(0);
	int64_t end = 0;

	(void)state;
	net.len = 120;
	assert_int_equal(offender_count(o, &a, 0, &end), 0);
	assert_int_equal(offender_add(o, &a, 0, T0), 1);
	assert_int_equal(offender_add(o, &a, 0, T0 + 600), 2);
	assert_int_equal(offender_add(o, &a, 1, T0 + 60), 1);
	assert_int_equal(offender_add(o, &a, OFFENDER_ALL, T0 + 600), 1);
	assert_int_equal(offender_add(o, &net, 0, T0), 1);
	assert_int_equal(offender_count(o, &a, 0, &end), 2);
	assert_int_equal(end, T0 + 600);
	assert_int_equal(offender_count(o, &a, 1, &end), 1);
	assert_int_equal(end, T0 + 60);
	assert_int_equal(offender_count(o, &b, 0, NULL), 0);
	assert_int_equal(offender_count(o, &net, 0, NULL), 1);
	offender_set(o, &b, 0, UINT32_MAX, T0);
	assert_int_equal(offender_add(o, &b, 0, T0), UINT32_MAX);
	offender_forget(o, &a, 2);
	assert_int_equal(offender_count(o, &a, 0, NULL), 0);
	assert_int_equal(offender_count(o, &a, 1, NULL), 0);
	assert_int_equal(offender_count(o, &a, OFFENDER_ALL, NULL), 0);
	assert_int_equal(offenders_size(o), 2);
	offenders_free(&o);
	assert_null(o);
}

static void sum(void *context, const struct prefix *who, uint16_t jail,
	uint32_t count, int64_t end)
{
	(void)who;
	(void)end;
	assert_int_equal(jail, 3);
	*(uint32_t *)context += count;
}

static void test_bounds(void **state)
{
	struct offenders *o = offenders_new(1000, &seed);
	struct prefix busy = nth(1u << 20);
	uint32_t all = 0;

	(void)state;
	for (uint32_t i = 0; i < 5000; i++) {
		struct prefix p = nth(i);

		offender_add(o, &p, 3, T0 + i);
		if (i % 100 == 0)
			offender_add(o, &busy, 3, T0 + i);
	}
	assert_int_equal(offenders_size(o), 1000);
	assert_int_equal(offenders_evictions(o), 4001);
	assert_int_equal(offender_count(o, &busy, 3, NULL), 50);
	offenders_each(o, sum, &all);
	assert_int_equal(all, 999 + 50);
	/* a few at a time */
	assert_int_equal(offenders_expire(o, T0 + 4900, 0), 0);
	for (int i = 0; i < 1000; i++)
		offenders_expire(o, T0 + 4900, 3);
	assert_int_equal(offenders_size(o), 101);
	assert_int_equal(offender_count(o, &busy, 3, NULL), 50);
	offenders_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
