/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/slots.h"

/* As its users have it: rows of a table, each with its hash. */
static uint32_t hashes[3000];

static void put_all(struct slots *slots, uint32_t n)
{
	for (uint32_t row = 0; row < n; row++)
		slots_put(slots, hashes[row], row);
}

/* Whether the row is among those that may be of its hash, and once. */
static bool finds(const struct slots *slots, uint32_t row)
{
	uint32_t at = hashes[row], found, times = 0;

	while ((found = slots_next(slots, hashes[row], &at)) != SLOTS_NONE)
		times += found == row;
	return times == 1;
}

static void make_hashes(uint32_t mask)
{
	for (uint32_t row = 0; row < 3000; row++)
		hashes[row] = (row * 2654435761u) & mask;
}

static void nothing_is_in_none(void **state)
{
	struct slots slots = {0};
	uint32_t at = 7;

	(void)state;
	assert_int_equal(slots_next(&slots, 7, &at), SLOTS_NONE);
	assert_true(slots_full(&slots, 0));
	slots_free(&slots);
}

/* Rows of hashes that are far apart, near to each other, and all the same. */
static void each_row_is_found(void **state)
{
	static const uint32_t masks[] = {UINT32_MAX, 0xf000001f, 0};

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		struct slots slots = {0};
		uint32_t rows = k == 2 ? 200 : 3000;

		make_hashes(masks[k]);
		for (uint32_t n = 0; n < rows; n++) {
			while (slots_full(&slots, n)) {
				slots_grow(&slots);
				put_all(&slots, n);
			}
			slots_put(&slots, hashes[n], n);
		}
		/* A quarter is free: a search ends. */
		assert_true(rows <= slots.mask / 4 * 3);
		for (uint32_t row = 0; row < rows; row++)
			assert_true(finds(&slots, row));
		slots_free(&slots);
		assert_null(slots.at);
	}
}

/* What a slot keeps of a hash spares its owner most of the others. */
static void others_are_passed_over(void **state)
{
	struct slots slots = {0};
	uint32_t at = 5;

	(void)state;
	assert_true(slots_begin(&slots, 10));
	slots_put(&slots, 5, 1);
	slots_put(&slots, 5 | 0x10000, 2);
	slots_put(&slots, 5, 3);
	assert_int_equal(slots_next(&slots, 5, &at), 1);
	assert_int_equal(slots_next(&slots, 5, &at), 3);
	assert_int_equal(slots_next(&slots, 5, &at), SLOTS_NONE);
	at = 5 | 0x10000;
	assert_int_equal(slots_next(&slots, 5 | 0x10000, &at), 2);
	assert_int_equal(slots_next(&slots, 5 | 0x10000, &at), SLOTS_NONE);
	slots_free(&slots);
}

static void another_row_takes_the_place(void **state)
{
	struct slots slots = {0};
	uint32_t last, at;

	(void)state;
	assert_true(slots_begin(&slots, 10));
	/* At the last slot, so that the next one is the first. */
	last = slots.mask;
	slots_put(&slots, last, 1);
	slots_put(&slots, last, 2);
	for (at = last; slots_next(&slots, last, &at) != 1;)
		;
	slots_replace(&slots, at, 8);
	assert_int_equal(slots_next(&slots, last, &at), 2);
	slots_replace(&slots, at, 9);
	at = last;
	assert_int_equal(slots_next(&slots, last, &at), 8);
	assert_int_equal(slots_next(&slots, last, &at), 9);
	assert_int_equal(slots_next(&slots, last, &at), SLOTS_NONE);
	slots_free(&slots);
}

/* The same memory, emptied, as long as it is enough. */
static void begun_anew_it_is_empty(void **state)
{
	struct slots slots = {0};
	uint32_t at = 3, *before;

	(void)state;
	assert_true(slots_begin(&slots, 100));
	assert_true(100 <= (slots.mask + 1) / 2);
	before = slots.at;
	slots_put(&slots, 3, 4);
	assert_true(slots_begin(&slots, 20));
	assert_ptr_equal(slots.at, before);
	assert_int_equal(slots.mask + 1, 64);
	assert_int_equal(slots_next(&slots, 3, &at), SLOTS_NONE);
	slots_put(&slots, 3, 4);
	assert_true(slots_begin(&slots, 100));
	assert_ptr_equal(slots.at, before);
	at = 3;
	assert_int_equal(slots_next(&slots, 3, &at), SLOTS_NONE);
	assert_true(slots_begin(&slots, 129));
	assert_int_equal(slots.mask + 1, 512);
	slots_free(&slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_in_none),
		cmocka_unit_test(each_row_is_found),
		cmocka_unit_test(others_are_passed_over),
		cmocka_unit_test(another_row_takes_the_place),
		cmocka_unit_test(begun_anew_it_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
