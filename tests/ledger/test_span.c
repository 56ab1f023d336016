/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/span.h"

static uint32_t seed = 20261122;

static uint32_t number(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Few bytes, so that nearly all is nearly found; its memory ends with it. */
static struct span made(size_t n)
{
	char *text = malloc(n ? n : 1);

	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		text[i] = ", <ab:="[number(7)];
	return (struct span){text, n};
}

/* Byte by byte: the first or the last place. */
static const char *looked_for(struct span s, struct span what, bool last)
{
	const char *found = NULL;

	for (size_t i = 0; i + what.n <= s.n; i++)
		if (memcmp(s.at + i, what.at, what.n) == 0) {
			found = s.at + i;
			if (!last)
				break;
		}
	return found;
}

#define SAME(s, literal)                                                  \
	do {                                                              \
		const char *first = looked_for(s, SPAN(literal), false);  \
		size_t n = sizeof(literal) - 1;                           \
		assert_ptr_equal(SPAN_FIND(s, literal), first);           \
		assert_ptr_equal(SPAN_FIND_BY(s, literal, n - 1), first); \
		assert_ptr_equal(SPAN_FIND_BY(s, literal, n / 2), first); \
		assert_ptr_equal(SPAN_LAST(s, literal),                   \
			looked_for(s, SPAN(literal), true));              \
	} while (0)

static void test_as_byte_by_byte(void **state)
{
	(void)state;
	for (size_t round = 0; round < 20000; round++) {
		struct span s = made(number(100));

		SAME(s, ":");
		SAME(s, ", ");
		SAME(s, "a, ");
		SAME(s, "b=<");
		SAME(s, ": a, b");
		assert_ptr_equal(
			span_char(s, '<'), looked_for(s, SPAN("<"), false));
		free((char *)s.at);
	}
}

static void test_at_every_place(void **state)
{
	char text[80];

	(void)state;
	for (size_t n = 5; n < sizeof(text); n++)
		for (size_t at = 0; at + 5 <= n; at++) {
			struct span s = {text, n};

			memset(text, '.', sizeof(text));
			memcpy(text + at, "to=<x", 5);
			assert_ptr_equal(
				SPAN_FIND_BY(s, "to=<x", 3), text + at);
			assert_ptr_equal(SPAN_LAST(s, "to=<x"), text + at);
			s.n = at + 4;
			assert_null(SPAN_FIND_BY(s, "to=<x", 3));
			assert_null(SPAN_LAST(s, "to=<x"));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_byte_by_byte),
		cmocka_unit_test(test_at_every_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
