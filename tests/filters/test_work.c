/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * No line costs the shipped filters more than so much work. Time would depend
 * on the machine; so what PCRE2 does is counted: each item of a pattern that
 * it tries, and each byte that it goes forth or back between two of them. For
 * that this program stands between the filters and the library: it has each
 * regex compiled with callouts and without JIT.
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

#include "filters/filter_parts.h"
#include "filters/pattern.h"
#include "tests/filters/hostile.h"

/*
 * 64 kB, gone through some thirty times by all filters in all modes together. A
 * regex that goes back over what it has seen for each byte takes thousands of
 * times this.
 */
#define WORK_MOST 1800000
/* Searches: heads that are for nobody end most of them at once. */
#define SEARCHES_MOST 150
/* Of some 3,000,000 lines: more are looked at by make bench. */
#define EVERY 997
/*
 * What one regex may do for each byte of a text of so many: one that goes back
 * to its beginning for each does hundreds of times that much, and JIT's limits
 * do not count it.
 */
#define FILLED 512
#define WORK_BYTE 40
#define VARIANTS 4
/*
 * What any regex may do, however it is written, all of a line together: the
 * text gone over so often is some 30 ms.
 */
#define ANY_MOST 90000000
#define MANY 64

static struct {
	uint64_t work;
	uint64_t searches;
	size_t at;
	bool all; /* with the limits that the filters set */
	const pcre2_code *quick[MANY]; /* that they compiled without callouts */
	size_t quick_n;
	int (*theirs)(pcre2_callout_block *, void *);
} counted;

static int on_callout(pcre2_callout_block *callout, void *is_theirs)
{
	size_t at = callout->current_position;

	counted.work +=
		1 + (at > counted.at ? at - counted.at : counted.at - at);
	counted.at = at;
	return is_theirs ? counted.theirs(callout, NULL) : 0;
}

static void *library(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	assert_non_null(found);
	return found;
}

pcre2_code *pcre2_compile(PCRE2_SPTR pattern, PCRE2_SIZE n, uint32_t options,
	int *error, PCRE2_SIZE *at, pcre2_compile_context *context)
{
	pcre2_code *(*next)(PCRE2_SPTR, PCRE2_SIZE, uint32_t, int *,
		PCRE2_SIZE *, pcre2_compile_context *);
	void *found = library("pcre2_compile_8");
	pcre2_code *code;

	memcpy(&next, &found, sizeof(next));
	code = next(
		pattern, n, options | PCRE2_AUTO_CALLOUT, error, at, context);
	if (counted.all && !(options & PCRE2_AUTO_CALLOUT)) {
		assert_true(counted.quick_n < MANY);
		counted.quick[counted.quick_n++] = code;
	}
	return code;
}

static bool is_quick(const pcre2_code *code)
{
	for (size_t i = 0; i < counted.quick_n; i++)
		if (counted.quick[i] == code)
			return true;
	return false;
}

int pcre2_jit_compile(pcre2_code *code, uint32_t options)
{
	(void)code;
	(void)options;
	return PCRE2_ERROR_JIT_BADOPTION;
}

static int set_callout(pcre2_match_context *context,
	int (*fn)(pcre2_callout_block *, void *), void *data)
{
	int (*next)(pcre2_match_context *,
		int (*)(pcre2_callout_block *, void *), void *);
	void *found = library("pcre2_set_callout_8");

	memcpy(&next, &found, sizeof(next));
	return next(context, fn, data);
}

int pcre2_set_callout(pcre2_match_context *context,
	int (*fn)(pcre2_callout_block *, void *), void *data)
{
	/* Not that of a prefregex's content, which is no search. */
	if (!data)
		counted.theirs = fn;
	return set_callout(context, fn, data);
}

int pcre2_match(const pcre2_code *code, PCRE2_SPTR subject, PCRE2_SIZE n,
	PCRE2_SIZE from, uint32_t options, pcre2_match_data *data,
	pcre2_match_context *context)
{
	int (*next)(const pcre2_code *, PCRE2_SPTR, PCRE2_SIZE, PCRE2_SIZE,
		uint32_t, pcre2_match_data *, pcre2_match_context *);
	static void *found;

	if (!found)
		found = library("pcre2_match_8");
	memcpy(&next, &found, sizeof(next));
	set_callout(context, on_callout,
		counted.all && !is_quick(code) ? &counted : NULL);
	/* Without JIT more is counted for it. */
	if (!counted.all)
		pcre2_set_match_limit(context, 10 * WORK_MOST);
	pcre2_set_heap_limit(context, 1024 * 1024);
	counted.at = from;
	counted.searches++;
	return next(code, subject, n, from, options, data, context);
}

struct search {
	struct dispatch *dispatch;
	struct header_clock clock;
	uint64_t most, searches;
	char story[300];
};

static void on_line(void *ctx, const struct hostile_line *line)
{
	struct search *s = ctx;

	counted.work = counted.searches = 0;
	hostile_ask(s->dispatch, &s->clock, line->text, line->n);
	if (counted.searches > s->searches)
		s->searches = counted.searches;
	if (counted.work <= s->most)
		return;
	s->most = counted.work;
	snprintf(s->story, sizeof(s->story),
		"%zu bytes, '%.24s' and '%.24s' at %zu of %.150s", line->n,
		line->filler, line->then, line->at, line->from);
	if (counted.work > WORK_MOST)
		fprintf(stderr, "%llu: %s\n", (unsigned long long)counted.work,
			s->story);
}

static void work_is_bounded(void **state)
{
	struct filter *filters[HOSTILE_FILTERS];
	struct search s = {0};
	size_t n;

	(void)state;
	hostile_load("build/share", filters);
	s.dispatch = dispatch_new(filters, HOSTILE_FILTERS);
	n = hostile_each("tests/filters/corpus", EVERY, on_line, &s);
	print_message("%zu lines, at most %llu, and %llu searches: %s\n", n,
		(unsigned long long)s.most, (unsigned long long)s.searches,
		s.story);
	assert_true(n > 1000);
	/* It counts at all. */
	assert_true(s.most > HOSTILE_MOST);
	assert_true(s.most <= WORK_MOST);
	assert_true(s.searches <= SEARCHES_MOST);
	for (size_t i = 0; i < HOSTILE_FILTERS; i++) {
		/* Nor was anything given up: that would be a failure missed. */
		assert_int_equal(filter_counts(filters[i])->limits, 0);
		filter_free(&filters[i]);
	}
	dispatch_free(&s.dispatch);
}

/* The text with so many bytes of a unit at a place, and what spoils it. */
static uint64_t work_filled(struct regex *regex, const char *text, size_t at,
	const char *unit, const char *rest)
{
	char filled[2 * FILLED + 512];
	size_t n = at;

	memcpy(filled, text, at);
	for (size_t len = strlen(unit); n + len <= at + FILLED; n += len)
		memcpy(filled + n, unit, len);
	n += (size_t)snprintf(filled + n, sizeof(filled) - n, "%s\1", rest);
	counted.work = 0;
	regex_search_in(regex, 0, filled, n, REGEX_LINE, false);
	return counted.work;
}

/* Fills a text that a regex matches, at each place. */
static void fill_all(struct regex *regex, const char *text)
{
	static const char *const units[] = {"a", "0", " ", ",", ".", ":", "=",
		"(", ")", "]", "\"", "'", "<", ": ", ", ", "a ", "a=", "). "};

	for (size_t at = 0; at <= strlen(text); at++) {
		for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
			uint64_t behind = work_filled(
				regex, text, at, units[i], text + at);
			uint64_t alone =
				work_filled(regex, text, at, units[i], "");

			if (behind <= WORK_BYTE * FILLED &&
				alone <= WORK_BYTE * FILLED)
				continue;
			fail_msg("%llu and %llu: '%s' at %zu of %s: %s",
				(unsigned long long)behind,
				(unsigned long long)alone, units[i], at, text,
				regex_text(regex));
		}
	}
}

static void fill_row(struct regex *regex)
{
	struct pattern *pattern = pattern_new(regex_text(regex));
	char text[512];

	assert_non_null(pattern);
	for (unsigned int i = 0; i < VARIANTS; i++)
		if (pattern_sample(
			    pattern, i, "192.0.2.1", NULL, text, sizeof(text)))
			fill_all(regex, text);
	pattern_free(&pattern);
}

static void no_regex_goes_back_for_each_byte(void **state)
{
	struct filter *filters[HOSTILE_FILTERS];

	(void)state;
	hostile_load("build/share", filters);
	for (size_t i = 0; i < HOSTILE_FILTERS; i++) {
		struct filter *f = filters[i];

		if (f->prefregex)
			fill_row(f->prefregex);
		for (size_t k = 0; k < f->fail_n; k++)
			fill_row(f->fail[k].regex);
		for (size_t k = 0; k < f->ignore_n; k++)
			fill_row(f->ignore[k]);
	}
	for (size_t i = 0; i < HOSTILE_FILTERS; i++)
		filter_free(&filters[i]);
}

/* What an admin may write, and what takes it long. */
static const struct {
	const char *regex, *head, *unit, *end;
} rows[] = {
	{"^.*foo.*bar.*<HOST>.*baz", "", "foobar", "z."},
	{"^\\s*\\S+\\s+.*\\S+\\s+.*<HOST>\\s*$", "aa ", ")", ".1 "},
	{"\\s*\\s*\\s*x<HOST>", "", " ", "x1."},
	{"^x\\s*\\s*\\s*<HOST>", "x", " ", "1."},
	{"(\\w+) .*\\1 .*<HOST> failed", "", "a", " 1.d"},
	{"(\\w+) .*\\1 .*<HOST> failed", "", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa ",
		" 1.d"},
	{"(\\w+)@.*<HOST>", "", "a", "1.@"},
	{"user (.*) at <HOST> .*(?=.*failed)", "", "user at 1.2.3.4 ", "d"},
	{"login.*failed.*ip=<HOST>", "", "login failed ip=", "1."},
	{"^(?:\\S+ ?)+from <HOST>$", "", "a", " 1."},
};
#define ROWS (sizeof(rows) / sizeof(*rows))
#define ADDRESS "(?:\\d{1,3}\\.){3}\\d{1,3}"

static struct regex *make_row(size_t i)
{
	const char *host = strstr(rows[i].regex, "<HOST>");
	char text[256], why[256];
	struct regex *regex;

	snprintf(text, sizeof(text), "%.*s" ADDRESS "%s",
		(int)(host - rows[i].regex), rows[i].regex, host + 6);
	regex = regex_shared(text, why, sizeof(why));
	assert_non_null(regex);
	return regex;
}

static size_t make_text(size_t i, char *text)
{
	size_t n = strlen(rows[i].head), unit = strlen(rows[i].unit);

	memcpy(text, rows[i].head, n);
	for (; n + unit + 8 < HOSTILE_MOST; n += unit)
		memcpy(text + n, rows[i].unit, unit);
	return n + (size_t)sprintf(text + n, "%s", rows[i].end);
}

/* All of them on the same line, too: they share what it has. */
static void no_regex_takes_long(void **state)
{
	static char text[HOSTILE_MOST];
	struct regex *all[ROWS];

	(void)state;
	counted.all = true;
	for (size_t i = 0; i < ROWS; i++)
		all[i] = make_row(i);
	for (size_t i = 0; i < ROWS; i++) {
		size_t n = make_text(i, text);
		uint64_t line = regex_begin_line();

		counted.work = 0;
		assert_int_equal(regex_search_in(all[i], line, text, n,
					 REGEX_LINE, false),
			REGEX_LIMIT);
		/* It is the work that ended it. */
		assert_true(counted.work > 1000000);
		for (size_t k = 0; k < ROWS; k++)
			regex_search_in(
				all[k], line, text, n, REGEX_LINE, false);
		if (counted.work > ANY_MOST)
			fail_msg("%llu: %s", (unsigned long long)counted.work,
				rows[i].regex);
	}
	for (size_t i = 0; i < ROWS; i++)
		regex_free(&all[i]);
	counted.all = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_is_bounded),
		cmocka_unit_test(no_regex_goes_back_for_each_byte),
		cmocka_unit_test(no_regex_takes_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
