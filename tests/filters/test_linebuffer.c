/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "filters/linebuffer.h"
#include "filters/pyregex.h"

static void add(struct linebuffer *b, const char *text)
{
	linebuffer_add(b, text, strlen(text), true);
}

static void holds(const struct linebuffer *b, const char *want)
{
	const char *text;
	bool ascii;
	size_t n;

	text = linebuffer_text(b, &n, &ascii);
	assert_int_equal(n, strlen(want));
	assert_memory_equal(text, want, n);
	assert_true(ascii);
}

/* Takes what a failregex of maxlines matches in it. */
static void takes(struct linebuffer *b, const char *failregex, const char *want)
{
	const char *text, *cause;
	char *python = pyregex_translate(failregex, false, &cause), *pcre;
	struct regex *regex;
	char why[256];
	bool ascii;
	size_t n;

	assert_non_null(python);
	assert_true(asprintf(&pcre, "(?m)%s", python) > 0);
	regex = regex_new(pcre, why, sizeof(why));
	assert_non_null(regex);
	text = linebuffer_text(b, &n, &ascii);
	assert_int_equal(regex_search(regex, text, n, ascii), REGEX_MATCH);
	linebuffer_take(b, regex, &text, &n);
	assert_int_equal(n, strlen(want));
	assert_memory_equal(text, want, n);
	linebuffer_drop(b);
	regex_free(&regex);
	free(pcre);
	free(python);
}

static void the_last_few(void **state)
{
	struct linebuffer *b = linebuffer_new(3);

	(void)state;
	holds(b, "");
	add(b, "one");
	add(b, "");
	add(b, "three");
	holds(b, "one\n\nthree\n");
	add(b, "four");
	holds(b, "\nthree\nfour\n");
	add(b, "five");
	holds(b, "three\nfour\nfive\n");
	linebuffer_free(&b);
}

/* A match takes the lines that it touches, and no more; not the skipped. */
static void what_a_match_takes(void **state)
{
	struct linebuffer *b = linebuffer_new(6);

	(void)state;
	for (int i = 0; i < 2; i++) {
		add(b, "zero");
		add(b, "begin of it");
		add(b, "other");
		add(b, "another");
		add(b, "its end");
		add(b, "last");
		takes(b, "^begin.*<SKIPLINES>its end$",
			"begin of it\nits end\n");
		holds(b, "zero\nother\nanother\nlast\n");
		/* One that ends behind a newline touches no line behind. */
		takes(b, "ther\\nanother\\n", "other\nanother\n");
		holds(b, "zero\nlast\n");
		takes(b, "last", "last\n");
		takes(b, "^zero$", "zero\n");
		holds(b, "");
	}
	linebuffer_free(&b);
}

/* However long lines are, and where no character may be cut in two. */
static void a_long_line_is_cut(void **state)
{
	static char line[LINEBUFFER_LINE + 100];
	struct linebuffer *b = linebuffer_new(2);
	const char *text;
	bool ascii;
	size_t n;

	(void)state;
	memset(line, 'x', sizeof(line));
	for (int i = 0; i < 4; i++)
		linebuffer_add(b, line, sizeof(line), true);
	linebuffer_text(b, &n, &ascii);
	assert_int_equal(n, 2 * (LINEBUFFER_LINE + 1));
	assert_true(ascii);
	memcpy(line + LINEBUFFER_LINE - 2, "\xe2\x82\xac", 3);
	linebuffer_add(b, line, sizeof(line), false);
	linebuffer_add(b, line, LINEBUFFER_LINE - 2, true);
	text = linebuffer_text(b, &n, &ascii);
	assert_int_equal(n, 2 * (LINEBUFFER_LINE - 1));
	assert_int_equal(text[LINEBUFFER_LINE - 3], 'x');
	assert_int_equal(text[LINEBUFFER_LINE - 2], '\n');
	/* One of the two is none of ASCII. */
	assert_false(ascii);
	linebuffer_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_few),
		cmocka_unit_test(what_a_match_takes),
		cmocka_unit_test(a_long_line_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
