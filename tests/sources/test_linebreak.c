/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sources/linebreak.h"

static enum linebreak_part note(
	struct linebreak *b, const char *stream, const char *why)
{
	return linebreak_note(
		b, stream, strlen(stream), why, why ? strlen(why) : 0);
}

/* What follows a line that did not end is none, up to where it does. */
static void a_line_that_goes_on(void **state)
{
	static const char *const why[] = {"nul", "line-max"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct linebreak b = {.next = 0};

		assert_int_equal(note(&b, "a", NULL), LINEBREAK_WHOLE);
		assert_int_equal(note(&b, "a", why[i]), LINEBREAK_FIRST);
		assert_int_equal(note(&b, "b", NULL), LINEBREAK_WHOLE);
		assert_int_equal(note(&b, "a", why[!i]), LINEBREAK_REST);
		assert_int_equal(note(&b, "a", why[i]), LINEBREAK_REST);
		assert_int_equal(note(&b, "a", NULL), LINEBREAK_REST);
		assert_int_equal(note(&b, "a", NULL), LINEBREAK_WHOLE);
	}
}

/* Other words of journald's end a line. */
static void what_ends_it(void **state)
{
	static const char *const why[] = {
		"eof", "pid-change", "", "nu", "null", "line-ma", "line-max2"};
	struct linebreak b = {.next = 0};

	(void)state;
	for (size_t i = 0; i < sizeof(why) / sizeof(*why); i++) {
		assert_int_equal(note(&b, "a", why[i]), LINEBREAK_WHOLE);
		assert_int_equal(note(&b, "a", "nul"), LINEBREAK_FIRST);
		assert_int_equal(note(&b, "a", why[i]), LINEBREAK_REST);
	}
}

/* So many may be open at once; of one more, who was there first is lost. */
static void so_many_streams(void **state)
{
	struct linebreak b = {.next = 0};
	char name[16];

	(void)state;
	for (int i = 0; i <= LINEBREAK_STREAMS; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		assert_int_equal(note(&b, name, "nul"), LINEBREAK_FIRST);
	}
	assert_int_equal(note(&b, "s0", NULL), LINEBREAK_WHOLE);
	for (int i = LINEBREAK_STREAMS; i > 0; i--) {
		snprintf(name, sizeof(name), "s%d", i);
		assert_int_equal(note(&b, name, NULL), LINEBREAK_REST);
		assert_int_equal(note(&b, name, NULL), LINEBREAK_WHOLE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_that_goes_on),
		cmocka_unit_test(what_ends_it),
		cmocka_unit_test(so_many_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
