/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/tally.h"

static struct span text(const char *s)
{
	return (struct span){s, strlen(s)};
}

static void test_rows_keep_their_numbers(void **state)
{
	struct tally *t = tally_new(sizeof(uint64_t), 100000);
	char name[32];

	(void)state;
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 50000; i++) {
			uint32_t row;

			snprintf(name, sizeof(name), "name-%u@example.org", i);
			row = tally_row(t, text(name));
			assert_int_equal(row, i);
			++*(uint64_t *)tally_value(t, row);
		}
	assert_int_equal(tally_size(t), 50000);
	for (uint32_t i = 0; i < 50000; i += 7777) {
		snprintf(name, sizeof(name), "name-%u@example.org", i);
		assert_int_equal(tally_find(t, text(name)), i);
		assert_true(span_same(tally_name(t, i), text(name)));
		assert_int_equal(*(uint64_t *)tally_value(t, i), 2);
	}
	assert_int_equal(tally_find(t, text("nobody")), TALLY_NONE);
	tally_free(&t);
	assert_null(t);
}

static void test_the_cap(void **state)
{
	struct tally *t = tally_new(0, 2);

	(void)state;
	assert_int_equal(tally_find(t, text("a")), TALLY_NONE);
	assert_int_equal(tally_row(t, text("a")), 0);
	assert_int_equal(tally_row(t, text("")), 1);
	assert_int_equal(tally_row(t, text("c")), TALLY_NONE);
	assert_int_equal(tally_row(t, text("c")), TALLY_NONE);
	assert_int_equal(tally_row(t, text("a")), 0);
	assert_int_equal(tally_row(t, text("")), 1);
	assert_int_equal(tally_size(t), 2);
	assert_int_equal(tally_lost(t), 2);
	tally_free(&t);
}

static void test_long_names(void **state)
{
	struct tally *t = tally_new(0, 1000);
	char *name = malloc(100000);

	(void)state;
	memset(name, 'x', 100000);
	for (uint32_t i = 0; i < 100; i++) {
		struct span s = {name, 100000 - i};

		assert_int_equal(tally_row(t, s), i);
	}
	for (uint32_t i = 0; i < 600; i++) {
		struct span s = {name, i};

		assert_int_equal(tally_row(t, s), 100 + i);
	}
	for (uint32_t i = 0; i < 600; i++) {
		struct span s = {name, i};

		assert_int_equal(tally_find(t, s), 100 + i);
		assert_true(span_same(tally_name(t, 100 + i), s));
	}
	assert_int_equal(tally_name(t, 99).n, 100000 - 99);
	free(name);
	tally_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_keep_their_numbers),
		cmocka_unit_test(test_the_cap),
		cmocka_unit_test(test_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
