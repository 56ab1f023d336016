/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a search may cost. PCRE2 with JIT counts other things than without, so
 * both are tried with patterns that go back for ever; what is granted to those
 * that are not counted is read off where it is given to PCRE2. All searches of
 * one line together have no more than the line's, however many regexes ask.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dlfcn.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "filters/regex.h"

#define MANY 40
#define TEXT_MOST 65536

static bool without_jit;
static unsigned int jits; /* so often machine code was made */
/* Of all runs, since they were zeroed; granted: but of those that are counted
 */
static uint64_t granted, searches;

static void *library(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	assert_non_null(found);
	return found;
}

int pcre2_jit_compile(pcre2_code *code, uint32_t options)
{
	int (*next)(pcre2_code *, uint32_t);
	void *found = library("pcre2_jit_compile_8");

	jits++;
	if (without_jit)
		return PCRE2_ERROR_JIT_BADOPTION;
	memcpy(&next, &found, sizeof(next));
	return next(code, options);
}

/* Called before each run. */
int pcre2_set_match_limit(pcre2_match_context *context, uint32_t limit)
{
	int (*next)(pcre2_match_context *, uint32_t);
	void *found = library("pcre2_set_match_limit_8");

	if (limit < UINT32_MAX)
		granted += limit;
	searches++;
	memcpy(&next, &found, sizeof(next));
	return next(context, limit);
}

static struct regex *compiled(const char *text)
{
	char why[256];
	struct regex *regex = regex_new(text, why, sizeof(why));

	if (!regex)
		fail_msg("%s: %s", text, why);
	return regex;
}

static size_t filled(char *text, const char *unit, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text[i] = unit[i % strlen(unit)];
	return n;
}

/* Ways to go back for ever, and what is long enough for it. */
static const struct {
	const char *regex, *unit;
	size_t n;
} endless[] = {
	{"^(?:a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", 48},
	{"^(?:a|aa)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", 48},
	{"^(?:\\w+\\s?)*$", "word word word word word word word word word!!",
		46},
	{"^(?=.*a)(?!.*b.*b.*c)(?!.*b.*b.*d)a", "ab", 4096},
	{"^(?:.*,)+(?:.*;)+[xy]", ",;", 600},
	{"(?:a.*)+(?:b.*)+[xy][vw]", "ab", 600},
	/* Few counts, and all of the text between two. */
	{"^\\S+\\s+.*\\S+\\s+.*[xy]", "aa )))))))))))))))))))))))))))))",
		65536},
	{"^\\s*\\s*\\s*[xy]", " ", 65536},
	{"(\\w+) .*\\1 .*[xy]", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ", 65536},
	/* None beside a start, and many starts. */
	{"b\\S*\\S*[xy]",
		"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
		"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb ",
		65536},
	{"([a-w]+)[xy]", "a", 65536},
};

/* No more than so often for each byte is tried without counting. */
static uint64_t most_granted(size_t n)
{
	return 1000 + 2 * n;
}

static void endless_searches_end(void **state)
{
	static char text[TEXT_MOST];

	(void)state;
	for (int round = 0; round < 2; round++) {
		without_jit = round == 1;
		for (size_t i = 0; i < sizeof(endless) / sizeof(*endless);
			i++) {
			struct regex *regex = compiled(endless[i].regex);
			size_t n = filled(text, endless[i].unit, endless[i].n);

			granted = 0;
			if (regex_search(regex, text, n, true) != REGEX_LIMIT)
				fail_msg("%s is not given up %s",
					endless[i].regex,
					round ? "without JIT" : "with JIT");
			assert_true(granted <= most_granted(n));
			regex_free(&regex);
		}
	}
	without_jit = false;
}

/* One that must be counted, and has few to count. */
static const char tail[] = " from 192.0.2.1 port 5";

static size_t long_name(char *text)
{
	size_t n = filled(text, "Invalid user ", 13);

	n += filled(text + n, " from x ", TEXT_MOST - n - strlen(tail));
	memcpy(text + n, tail, strlen(tail));
	return n + strlen(tail);
}

static struct regex *linear(void)
{
	return compiled("^Invalid user .*? from (\\S+) port \\d+$");
}

static enum regex_result ask(
	struct regex *regex, uint64_t line, const char *text, size_t n)
{
	return regex_search_in(regex, line, text, n, REGEX_BYTES, false);
}

static void many_searches_are_one_line(void **state)
{
	static char text[TEXT_MOST], other[TEXT_MOST];
	size_t n = filled(text, endless[0].unit, endless[0].n);
	size_t other_n = long_name(other);
	struct regex *regex[MANY], *good = linear();
	uint64_t line = regex_begin_line();

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		regex[i] = compiled(endless[0].regex);
	assert_int_equal(ask(good, line, other, other_n), REGEX_MATCH);
	granted = 0;
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(ask(regex[i], line, text, n), REGEX_LIMIT);
	assert_true(granted <= MANY * most_granted(n));
	/* They had it all; the next line has as much again. */
	assert_int_equal(ask(good, 0, other, other_n), REGEX_LIMIT);
	line = regex_begin_line();
	assert_int_equal(ask(good, line, other, other_n), REGEX_MATCH);
	for (size_t i = 0; i < MANY; i++)
		regex_free(&regex[i]);
	regex_free(&good);
}

/* What is not counted is held too: a thousand searches have no more than some,
 * which are then counted. */
static void quick_searches_are_one_line(void **state)
{
	static char text[TEXT_MOST];
	size_t n = filled(text, "a", TEXT_MOST);
	struct regex *anchored = compiled("^a+ from"), *open = compiled("b+a");

	(void)state;
	regex_begin_line();
	granted = 0;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(ask(anchored, 0, text, n), REGEX_MISS);
	assert_true(granted > 100 && granted * n <= 64000000);
	regex_begin_line();
	granted = 0;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(ask(open, 0, text, 500), REGEX_MISS);
	assert_true(granted > 100 && granted * 500 * 250 <= 64000000);
	regex_free(&anchored);
	regex_free(&open);
}

/* A name of 64 kB costs a regex of ours a step for each of its bytes. */
static void a_long_name_is_no_endless_search(void **state)
{
	static char text[TEXT_MOST];
	struct regex *regex = linear();
	size_t n = long_name(text);

	(void)state;
	assert_int_equal(regex_search(regex, text, n, true), REGEX_MATCH);
	assert_memory_equal(regex_numbered(regex, 1).text, "192.0.2.1", 9);
	assert_true(regex_work(regex, text, n, 1000000000) < 100 * n);
	regex_free(&regex);
}

/* What is compared with a group is stepped over. */
static void a_reference_is_work(void **state)
{
	char text[1002];
	struct regex *regex = compiled("^(a++) \\1");
	uint64_t work;

	(void)state;
	filled(text, "a", 1000);
	memcpy(text + 1000, " b", 2);
	work = regex_work(regex, text, sizeof(text), 1000000);
	assert_in_range(work, 2000, 2000 + 10 * 16);
	assert_int_equal(regex_work(regex, text, sizeof(text), 1500), 1500);
	regex_free(&regex);
}

/* What is not measured is no more than the line's own limit. */
static void a_trusted_regex_is_not_counted(void **state)
{
	static char text[TEXT_MOST];
	struct regex *regex = linear();
	size_t n = long_name(text);

	(void)state;
	regex_begin_line();
	searches = 0;
	assert_int_equal(ask(regex, 0, text, n), REGEX_MATCH);
	assert_int_equal(searches, 2);
	regex_trust(regex);
	searches = granted = 0;
	assert_int_equal(ask(regex, 0, text, n), REGEX_MATCH);
	assert_int_equal(searches, 1);
	assert_true(granted <= 50000 + 6 * n);
	regex_free(&regex);
}

static void the_same_question_is_asked_once(void **state)
{
	char why[256];
	struct regex *one = regex_shared("^a(.)c", why, sizeof(why));
	struct regex *two = regex_shared("^a(.)c", why, sizeof(why));
	uint64_t line = regex_begin_line();
	char text[] = "abc";

	(void)state;
	assert_ptr_equal(one, two);
	searches = 0;
	assert_int_equal(
		regex_search_in(one, line, text, 3, REGEX_BYTES, false),
		REGEX_MATCH);
	assert_int_equal(
		regex_search_in(two, line, text, 3, REGEX_BYTES, false),
		REGEX_MATCH);
	assert_int_equal(searches, 1);
	assert_int_equal(*regex_numbered(two, 1).text, 'b');
	/* Another text, another line, and no line are other questions. */
	assert_int_equal(
		regex_search_in(two, line, text, 2, REGEX_BYTES, false),
		REGEX_MISS);
	line = regex_begin_line();
	text[2] = 'x';
	assert_int_equal(
		regex_search_in(one, line, text, 3, REGEX_BYTES, false),
		REGEX_MISS);
	assert_int_equal(regex_search_in(one, 0, text, 3, REGEX_BYTES, false),
		REGEX_MISS);
	text[2] = 'c';
	assert_int_equal(regex_search_in(one, 0, text, 3, REGEX_BYTES, false),
		REGEX_MATCH);
	assert_int_equal(searches, 5);
	regex_free(&one);
	assert_null(one);
	assert_int_equal(regex_search(two, text, 3, true), REGEX_MATCH);
	regex_free(&two);
}

static void many_are_shared(void **state)
{
	enum { TEXTS = 3000 };
	static struct regex *all[TEXTS];
	char text[32], why[256];

	(void)state;
	for (int i = 0; i < TEXTS; i++) {
		snprintf(text, sizeof(text), "^a%d$", i);
		all[i] = regex_shared(text, why, sizeof(why));
	}
	for (int i = 0; i < TEXTS; i++) {
		struct regex *again;

		snprintf(text, sizeof(text), "^a%d$", i);
		again = regex_shared(text, why, sizeof(why));
		assert_ptr_equal(again, all[i]);
		regex_free(&again);
		assert_int_equal(
			regex_search(all[i], text + 1, strlen(text) - 2, true),
			REGEX_MATCH);
	}
	for (int i = 0; i < TEXTS; i++)
		regex_free(&all[i * 7 % TEXTS]);
}

/* What is quicker without a newline finds the same. */
static void a_line_is_read_as_its_bytes_are(void **state)
{
	static const char *const regexes[] = {"^a.+$", "^(a.*?)c(.*)$",
		"^(?=.{3,5}$)a", "(b.{0,2})$", "^.*b(.+?)(?:c|$)", "b\\Z",
		"^(?!.*d).*(c)", "[^b]+$"};
	static const char *const texts[] = {
		"", "a", "abc", "abcabc", "abd", "xx abc c", "bc\rd", "b"};
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(regexes) / sizeof(*regexes); i++) {
		struct regex *bytes = compiled(regexes[i]);
		struct regex *line = regex_shared(regexes[i], why, sizeof(why));

		for (size_t k = 0; k < 2 * sizeof(texts) / sizeof(*texts);
			k++) {
			const char *text = texts[k / 2];
			size_t n = strlen(text);
			enum regex_result want = regex_search_in(
				bytes, 0, text, n, REGEX_BYTES, k % 2);

			assert_int_equal(want, regex_search_in(line, 0, text, n,
						       REGEX_LINE, k % 2));
			for (int g = 0; want == REGEX_MATCH && g < 3; g++) {
				struct regex_span a = regex_numbered(bytes, g);
				struct regex_span b = regex_numbered(line, g);

				assert_ptr_equal(a.text, b.text);
				assert_int_equal(a.n, b.n);
			}
		}
		regex_free(&bytes);
		regex_free(&line);
	}
}

/* Loading a filter costs half as much by this. */
static void machine_code_waits_for_a_search(void **state)
{
	struct regex *regex;

	(void)state;
	jits = 0;
	regex = compiled("a+b");
	assert_int_equal(jits, 0);
	assert_int_equal(regex_search(regex, "aab", 3, true), REGEX_MATCH);
	assert_int_equal(regex_search(regex, "aac", 3, true), REGEX_MISS);
	assert_int_equal(jits, 1);
	regex_free(&regex);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endless_searches_end),
		cmocka_unit_test(many_searches_are_one_line),
		cmocka_unit_test(quick_searches_are_one_line),
		cmocka_unit_test(a_long_name_is_no_endless_search),
		cmocka_unit_test(a_reference_is_work),
		cmocka_unit_test(a_trusted_regex_is_not_counted),
		cmocka_unit_test(the_same_question_is_asked_once),
		cmocka_unit_test(many_are_shared),
		cmocka_unit_test(a_line_is_read_as_its_bytes_are),
		cmocka_unit_test(machine_code_waits_for_a_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
