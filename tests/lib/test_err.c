/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <stdlib.h>

#include "lib/err.h"

static void test_place(void **state)
{
	struct err err;

	(void)state;
	err_init(&err);
	err_fault(&err, "a.conf", 3, "%s: is wrong", "key");
	err_warning(&err, "a.conf", 0, "is odd");
	err_fault(&err, NULL, 0, "nowhere");
	assert_int_equal(err.n, 3);
	assert_int_equal(err.faults, 2);
	assert_string_equal(err.items[0].text, "a.conf:3: key: is wrong");
	assert_string_equal(err.items[1].text, "a.conf: is odd");
	assert_int_equal(err.items[1].kind, ERR_WARNING);
	assert_string_equal(err.items[2].text, "nowhere");
	err_deinit(&err);
}

/* What an admin's file holds is shown on his terminal. */
static void test_no_byte_that_a_terminal_obeys(void **state)
{
	struct err err;

	(void)state;
	err_init(&err);
	err_fault(&err, "a", 1, "'%s'", "\x1b[2J\n\x7f\tn\xc3\xa9\xc2\x9b\x9b");
	assert_string_equal(err.items[0].text, "a:1: '?[2J???n\xc3\xa9??"
					       "?'");
	err_deinit(&err);
}

/* Cut or not: nothing is written behind what it takes. */
static void test_edge(void **state)
{
	char text[2100];
	struct err err;

	(void)state;
	memset(text, 'x', sizeof(text));
	err_init(&err);
	for (int n = 1990; n < 2020; n++)
		err_fault(&err, NULL, 0, "%.*s", n, text);
	for (size_t i = 0; i < err.n; i++)
		assert_true(strlen(err.items[i].text) <= 2000);
	err_deinit(&err);
}

static void test_length(void **state)
{
	char *long_text = malloc(1 << 20);
	struct err err;
	size_t n;

	(void)state;
	for (size_t i = 0; i + 2 < 1 << 20; i += 2)
		memcpy(long_text + i, "\xc3\xa9", 3);
	err_init(&err);
	for (int shift = 0; shift < 2; shift++) {
		err_fault(&err, NULL, 0, "%s%s", shift ? "x" : "", long_text);
		n = strlen(err.items[shift].text);
		assert_true(n > 1000 && n < 3000);
		assert_memory_equal(
			err.items[shift].text + n - 6, "\xc3\xa9 ...", 6);
	}
	err_deinit(&err);
	free(long_text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_no_byte_that_a_terminal_obeys),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_edge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
