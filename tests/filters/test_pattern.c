/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "filters/pattern.h"
#include "filters/pyregex.h"
#include "filters/regex.h"

static struct pattern *pattern_of(const char *text)
{
	const char *why;
	char *translated = pyregex_translate(text, true, &why);
	struct pattern *p;

	assert_non_null(translated);
	p = pattern_new(translated);
	free(translated);
	return p;
}

static void assert_fields(const char *text, const char *const *wanted)
{
	struct pattern *p = pattern_of(text);
	const char *field;
	size_t i, n;

	assert_non_null(p);
	for (i = 0; wanted[i]; i++) {
		assert_true(i < pattern_fields(p));
		field = pattern_field(p, i, &n);
		assert_int_equal(n, strlen(wanted[i]));
		assert_memory_equal(field, wanted[i], n);
	}
	assert_int_equal(pattern_fields(p), i);
	pattern_free(&p);
	assert_null(p);
}

static void test_fields(void **state)
{
	(void)state;
	assert_fields("^abc$", (const char *[]){NULL});
	assert_fields(
		".* from <HOST> \\S+", (const char *[]){".*", "\\S+", NULL});
	assert_fields("a{2,} b{3} c{,9} [^>\\]]*? (?:x\\w+)*",
		(const char *[]){
			"a{2,}", "[^>\\]]*?", "\\w+", "(?:x\\w+)*", NULL});
	assert_fields("(?!.*no)(?<=x)(?P<user>.+)x{0,400}",
		(const char *[]){".+", "x{0,400}", NULL});
	/* A bound that is none is plain text. */
	assert_fields("a{x}*", (const char *[]){"}*", NULL});
}

static void test_marked(void **state)
{
	struct pattern *p = pattern_of("a(?:b\\d+)* (?P<x>c+)");
	char *marked = pattern_marked(p);

	(void)state;
	assert_string_equal(marked, "a(?P<field_1>(?:b(?P<field_0>\\d+))*) "
				    "(?P<x>(?P<field_2>c+))");
	free(marked);
	pattern_free(&p);
}

/* Every sample of these matches, and holds the address where it should. */
static void test_samples(void **state)
{
	static const char *const texts[] = {
		"^abc <HOST>$",
		"^\\s*(?:\\S+ )?x\\[\\d+\\]: (?:no|bad) [^[]*\\[<HOST>\\]: .*$",
		"^(?P<q>[\"'])x(?P=q) \\x41\\.\\w{3,5}-[a-f\\d_]+ <ADDR>(?:,|$)",
		"^user=<<F-USER>[^>]*</F-USER>>, rip=<HOST>[,;]?$",
		"^(?i:abc)\\t<F-ID>\\S+</F-ID>$",
	};
	char text[512], why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const char *cause;
		char *translated = pyregex_translate(texts[i], true, &cause);
		struct regex *regex = regex_new(translated, why, sizeof(why));
		struct pattern *p = pattern_new(translated);

		assert_non_null(regex);
		assert_non_null(p);
		for (unsigned int v = 0; v < 40; v++) {
			size_t n = pattern_sample(
				p, v, "192.0.2.1", NULL, text, sizeof(text));

			assert_int_equal(n, strlen(text));
			assert_non_null(strstr(text, "192.0.2.1"));
			assert_int_equal(regex_search(regex, text, n, true),
				REGEX_MATCH);
		}
		pattern_free(&p);
		regex_free(&regex);
		free(translated);
	}
}

static void test_samples_are_the_same_each_time(void **state)
{
	struct pattern *p = pattern_of("^(?:a|b|c)+ \\w* <HOST>");
	char one[128], two[128], tiny[8];
	bool differ = false;

	(void)state;
	for (unsigned int v = 0; v < 20; v++) {
		pattern_sample(p, v, "::1", NULL, one, sizeof(one));
		pattern_sample(p, v, "::1", NULL, two, sizeof(two));
		assert_string_equal(one, two);
		pattern_sample(p, 0, "::1", NULL, two, sizeof(two));
		differ |= strcmp(one, two) != 0;
	}
	assert_true(differ);
	assert_int_equal(
		pattern_sample(p, 0, "192.0.2.1", NULL, tiny, sizeof(tiny)), 0);
	pattern_free(&p);
}

static void test_content(void **state)
{
	struct pattern *p = pattern_of("^x: <F-CONTENT>.+</F-CONTENT>$");
	char text[64];

	(void)state;
	pattern_sample(p, 0, "::1", "what is here", text, sizeof(text));
	assert_string_equal(text, "x: what is here");
	pattern_free(&p);
}

/* It never reads beyond the end, and says no to what it does not know. */
static void test_what_is_not_understood(void **state)
{
	static const char *const texts[] = {"(", "a)", "[a", "(?P<x",
		"(?(1)a|b)", "\\", "(?", "(?P<a>", "[^", "a(?", "(?P=x"};
	char deep[400];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_null(pattern_new(texts[i]));
	memset(deep, '(', 150);
	memset(deep + 150, ')', 150);
	deep[300] = '\0';
	assert_null(pattern_new(deep));
}

static void test_work(void **state)
{
	char why[256], text[64];
	struct regex *good = regex_new("^a+$", why, sizeof(why));
	struct regex *bad = regex_new("^(?:a+)+$", why, sizeof(why));

	(void)state;
	memset(text, 'a', sizeof(text));
	text[40] = 'b';
	assert_true(regex_work(good, text, 41, 100000) < 200);
	assert_int_equal(regex_work(bad, text, 41, 100000), 100000);
	assert_true(regex_work(bad, text, 40, 100000) < 200);
	regex_free(&good);
	regex_free(&bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_marked),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_samples_are_the_same_each_time),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_what_is_not_understood),
		cmocka_unit_test(test_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
