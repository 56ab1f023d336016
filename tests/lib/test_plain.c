/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What strangers write, on its way to a terminal or a journal. */
#include "lib/plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void what_comes_out(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"", ""},
		{"plain \\x1b", "plain \\x1b"},
		{"a\033[2Jb\x7f\n", "a\\x1b[2Jb\\x7f\\x0a"},
		{"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x93\xac",
			"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x93\xac"},
		/* CSI as one code point of UTF-8, and as a byte of latin-1. */
		{"\xc2\x9b"
		 "2J \x9b"
		 "2J",
			"\\u{9b}2J \\x9b2J"},
		/* What is written behind it stands before it. */
		{"a\xe2\x80\xae"
		 "b",
			"a\\u{202e}b"},
		{"\xef\xbb\xbf\xf3\xa0\x81\x81", "\\u{feff}\\u{e0041}"},
		/* Overlong, a surrogate, too large, and cut. */
		{"\xc0\xaf", "\\xc0\\xaf"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
		{"\xe2\x82", "\\xe2\\x82"},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = plain_copy(
			out, sizeof(out), rows[i].in, strlen(rows[i].in), NULL);

		assert_string_equal(out, rows[i].out);
		assert_int_equal(n, strlen(out));
	}
}

static bool shows_ascii(uint32_t point)
{
	return point < 0x80;
}

static void as_much_as_there_is_room_for(void **state)
{
	static const char text[] = "ab\x01\xe2\x80\xae\xe2\x82\xac\x00z";
	char *room;

	(void)state;
	for (size_t n = 1; n <= PLAIN_ROOM(sizeof(text) - 1) + 1; n++) {
		size_t got;

		room = malloc(n);
		got = plain_copy(room, n, text, sizeof(text) - 1, shows_ascii);
		assert_true(got < n && room[got] == '\0');
		assert_int_equal(
			strncmp("ab\\x01\\u{202e}\\u{20ac}\\x00z", room, got),
			0);
		if (n > 27)
			assert_int_equal(got, 27);
		free(room);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_out),
		cmocka_unit_test(as_much_as_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
