/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "filters/filter.h"

/* The length of the sequence at s by what it decodes to; 0 if it is none. */
static size_t decodes(const unsigned char *s, size_t n)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = s[0] < 0x80	     ? 1
		     : (s[0] & 0xe0) == 0xc0 ? 2
		     : (s[0] & 0xf0) == 0xe0 ? 3
		     : (s[0] & 0xf8) == 0xf0 ? 4
					     : 0;
	uint32_t c = len > 1 ? s[0] & (0x7f >> len) : s[0];

	if (len == 0 || len > n)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	return c >= least[len] && c <= 0x10ffff && c >> 11 != 0xd800 >> 11 ? len
									   : 0;
}

/* What it has to become. */
static size_t cleaned(
	const unsigned char *s, size_t n, const char *bad, char *to)
{
	size_t out = 0, len;

	for (size_t i = 0; i < n; i += len ? len : 1) {
		size_t more;

		len = decodes(s + i, n - i);
		more = len ? len : strlen(bad);
		memcpy(to + out, len ? (const char *)s + i : bad, more);
		out += more;
	}
	return out;
}

/* Bytes around all borders between what is UTF-8 and what is not. */
static void what_is_no_utf8_is_replaced(void **state)
{
	static const unsigned char first[] = {0, 'a', 0x7f, 0x80, 0xbf, 0xc0,
		0xc1, 0xc2, 0xc3, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
		0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff},
				   next[] = {'a', 0x7f, 0x80, 0x8f, 0x90, 0x9f,
					   0xa0, 0xbf, 0xc0, 0xff};
	const size_t m = sizeof(next);
	struct filter_subject out;
	char *buffer = NULL, want[40];
	size_t room = 0;

	(void)state;
	for (size_t k = 0; k < sizeof(first) * m * m * m; k++) {
		unsigned char text[14] = "before  ____b";
		/* Whole words before it, and sequences that have no end. */
		size_t n = 8 + k % 3 * 2 + 1, want_n;

		text[8] = first[k / m / m / m];
		text[9] = next[k / m / m % m];
		text[10] = next[k / m % m];
		text[11] = next[k % m];
		n = n > 13 ? 13 : n;
		want_n = cleaned(text, n, "\xef\xbf\xbd", want);
		filter_subject_clean(
			(const char *)text, n, &buffer, &room, &out);
		assert_int_equal(out.n, want_n);
		assert_memory_equal(out.text, want, want_n);
	}
	free(buffer);
}

/* The same of such as no person wrote, which are looked at by blocks: each
 * byte at each place of one, and at both ends. */
static void a_long_text_keeps_its_length(void **state)
{
	static const unsigned char bytes[] = {'a', 0x7f, 0x80, 0x8f, 0x90, 0x9f,
		0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0,
		0xf1, 0xf4, 0xf5, 0xff};
	enum { N = FILTER_CHARACTERS + 1 };
	struct filter_subject out;
	char *buffer = NULL, *want = malloc(N + 40);
	unsigned char *text = malloc(N + 40);
	uint32_t random = 20261122;
	size_t room = 0;

	(void)state;
	for (size_t more = 0; more < 40; more++) {
		for (size_t i = 0; i < N + more; i++) {
			random = random * 1664525 + 1013904223;
			text[i] = bytes[(random >> 16) % sizeof(bytes)];
		}
		assert_int_equal(
			cleaned(text, N + more, "\x1a", want), N + more);
		filter_subject_clean(
			(const char *)text, N + more, &buffer, &room, &out);
		assert_int_equal(out.n, N + more);
		assert_memory_equal(out.text, want, N + more);
		assert_true(out.ascii);
	}
	free(buffer);
	free(text);
	free(want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_utf8_is_replaced),
		cmocka_unit_test(a_long_text_keeps_its_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
