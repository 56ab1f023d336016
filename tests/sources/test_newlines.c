/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sources/newlines.h"

/* In memory that ends where the text does: a look behind it is seen. */
static void compare(const char *text, size_t n)
{
	uint16_t offsets[NEWLINES_BYTES];
	char *copy = malloc(n + 1);

	assert_non_null(copy);
	memcpy(copy + 1, text, n);
	for (int round = 0; round < 2; round++) {
		size_t found, expected = 0;

		newlines_narrow = round == 1;
		found = newlines_find(copy + 1, n, offsets);
		for (size_t i = 0; i < n; i++)
			if (text[i] == '\n') {
				assert_true(expected < found);
				assert_int_equal(offsets[expected++], i);
			}
		assert_int_equal(found, expected);
	}
	free(copy);
}

/* Every length up to some steps, and every place of one newline in it. */
static void test_one_anywhere(void **state)
{
	char text[200];

	(void)state;
	for (size_t n = 0; n <= sizeof(text); n++) {
		memset(text, 'x', sizeof(text));
		compare(text, n);
		for (size_t at = 0; at < n; at++) {
			text[at] = '\n';
			compare(text, n);
			text[at] = 'x';
		}
	}
}

static void test_nothing_but_newlines(void **state)
{
	char text[NEWLINES_BYTES];

	(void)state;
	memset(text, '\n', sizeof(text));
	for (size_t n = 0; n <= sizeof(text); n += n < 200 ? 1 : 487)
		compare(text, n);
	compare(text, sizeof(text));
}

/* Any bytes, of which one in so many is a newline. */
static void test_at_random(void **state)
{
	char text[NEWLINES_BYTES];
	uint64_t random = 1;

	(void)state;
	for (unsigned int one_in = 2; one_in < 1000; one_in *= 2) {
		for (size_t i = 0; i < sizeof(text); i++) {
			random = random * UINT64_C(6364136223846793005) + 1;
			text[i] = (random >> 40) % one_in ? (char)(random >> 33)
							  : '\n';
		}
		for (size_t n = sizeof(text) - 130; n <= sizeof(text); n++)
			compare(text, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_anywhere),
		cmocka_unit_test(test_nothing_but_newlines),
		cmocka_unit_test(test_at_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
