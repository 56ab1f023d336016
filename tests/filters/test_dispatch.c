/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "filters/dispatch.h"
#include "sources/header.h"
#include "tests/filters/confdir.h"

struct found {
	int n;
	enum filter_verdict v[3];
	uint32_t more[3];
};

static void on_found(void *ctx, size_t filter, enum filter_verdict v,
	const struct failure *failure)
{
	struct found *found = ctx;

	found->n++;
	found->v[filter] = v;
	if (v == FILTER_MATCH)
		found->more[filter] = failure->more;
}

static struct found ask(struct dispatch *dispatch, const char *text)
{
	struct header_clock clock = {0};
	struct found found = {0};
	uint64_t searched;
	bool asked;
	struct line line;

	header_cut(text, strlen(text), &clock, &line);
	searched = dispatch_counts(dispatch)->searched;
	asked = dispatch_line(dispatch, &line, on_found, &found);
	assert_int_equal(asked, dispatch_counts(dispatch)->searched > searched);
	return found;
}

static enum filter_verdict ask_alone(struct filter *filter, const char *text)
{
	struct header_clock clock = {0};
	struct filter_subject subject;
	struct failure failure;
	struct line line;

	header_cut(text, strlen(text), &clock, &line);
	filter_subject_for(filter, &line, &subject);
	return filter_match(filter, &subject, NULL, &failure);
}

#define OF_PROG                                  \
	"prefregex = ^\\s*mx prog\\[\\d+\\]:\\s" \
	"<F-CONTENT>.+</F-CONTENT>$\n"           \
	"ignoreregex = bad 192\\.0\\.2\\.9$\n"   \
	"failregex = ^bad <HOST>$\n"

/* Asked together, filters say what each says alone, whatever the line. */
static void together_as_alone(void **state)
{
	/* The date may also be found late, or not at all. */
	static const char *const dates[] = {
		"Nov 21 10:00:00 ", "", "[21/Nov/2026:10:00:00 +0000] "};
	static const char *const parts[] = {"mx prog[1]: ", "mx other[22]: ",
		"mx prog: ", "prog[9]:", "mx pro", "bad ", "worse ",
		"192.0.2.1", "192.0.2.9", "::1", " ", "x", "\xff", "[",
		"]: ", "mx prog[1]: message repeated 3 times: [", "]"};
	struct filter *filters[3] = {confdir_filter(OF_PROG "repeats = yes\n"),
		confdir_filter(OF_PROG "  ^worse <HOST>$\n"),
		confdir_filter(
			"failregex = worse <HOST>\n  bad \\s*x<HOST>\n")};
	struct dispatch *dispatch = dispatch_new(filters, 3);
	uint64_t seed = 7;
	int hits[3] = {0};

	(void)state;
	for (int i = 0; i < 30000; i++) {
		char text[256];
		struct found found;

		strcpy(text, dates[i % 3]);
		for (int k = 0; k < 4; k++) {
			seed = seed * 6364136223846793005u +
			       1442695040888963407u;
			strcat(text, parts[(seed >> 33) % 17]);
		}
		found = ask(dispatch, text);
		for (size_t f = 0; f < 3; f++) {
			enum filter_verdict v = ask_alone(filters[f], text);

			if (v != found.v[f])
				print_error("%s: filter %zu\n", text, f);
			assert_int_equal(v, found.v[f]);
			hits[i % 3] += v != FILTER_MISS;
		}
	}
	for (size_t i = 0; i < 3; i++)
		assert_true(hits[i] > 200);
	/* Few are asked about what they have no text of. */
	assert_true(dispatch_counts(dispatch)->searched <
		    2 * dispatch_counts(dispatch)->lines);
	dispatch_free(&dispatch);
	for (size_t f = 0; f < 3; f++)
		filter_free(&filters[f]);
}

/* A head is known without its pid, which may be what a filter looks for. */
static void what_a_pid_is_part_of(void **state)
{
	static const char *const failregex[] = {
		"4711.* <ADDR>$", "11\\]: bad <ADDR>$", "prog\\[47.* <ADDR>$"};

	(void)state;
	for (size_t i = 0; i < sizeof(failregex) / sizeof(*failregex); i++) {
		struct dispatch *dispatch;
		struct filter *filter;
		char text[100];

		snprintf(text, sizeof(text), "failregex = %s\n", failregex[i]);
		filter = confdir_filter(text);
		dispatch = dispatch_new(&filter, 1);
		for (int k = 0; k < 3; k++) {
			assert_int_equal(
				ask(dispatch, "Nov 21 10:00:00 mx prog[1]: "
					      "bad 192.0.2.1")
					.n,
				0);
			assert_int_equal(
				ask(dispatch, "Nov 21 10:00:00 mx "
					      "prog[4711]: bad 192.0.2.1")
					.n,
				1);
		}
		dispatch_free(&dispatch);
		filter_free(&filter);
	}
}

/* For those that say so a line is as many as rsyslog says that it was; for
 * others it is that line. */
static void what_came_again(void **state)
{
	struct filter *filters[3] = {confdir_filter(OF_PROG "repeats = true\n"),
		confdir_filter(OF_PROG),
		confdir_filter("failregex = bad <HOST>\\]$\n")};
	struct dispatch *dispatch = dispatch_new(filters, 3);
	static const struct {
		const char *message;
		enum filter_verdict v[3];
		uint32_t more;
	} said[] = {
		{"message repeated 5 times: [ bad 192.0.2.1]",
			{FILTER_MATCH, FILTER_MISS, FILTER_MATCH}, 4},
		{"bad 192.0.2.1", {FILTER_MATCH, FILTER_MATCH}, 0},
		{"message repeated 1 times: [ bad 192.0.2.1]",
			{FILTER_MATCH, FILTER_MISS, FILTER_MATCH}, 0},
		{"message repeated 4294967296 times: [bad 192.0.2.1]",
			{FILTER_MATCH, FILTER_MISS, FILTER_MATCH}, 999},
		{"message repeated 5 times: [ bad 192.0.2.9]",
			{FILTER_IGNORED, FILTER_MISS, FILTER_MATCH}, 0},
		{"message repeated 0 times: [ bad 192.0.2.1]",
			{FILTER_MISS, FILTER_MISS, FILTER_MATCH}, 0},
		{"message repeated 5 times: [ bad 192.0.2.1",
			{FILTER_MISS, FILTER_MISS, FILTER_MISS}, 0},
		{"bad user message repeated 5 times: [ bad 192.0.2.1]",
			{FILTER_MISS, FILTER_MISS, FILTER_MATCH}, 0},
		{"message repeated 2 times: [ message repeated 5 times: [ bad "
		 "192.0.2.1]]",
			{FILTER_MISS, FILTER_MISS, FILTER_MATCH}, 0},
	};

	(void)state;
	/* The first line of a head, and those behind it. */
	for (size_t i = 0; i < 3 * sizeof(said) / sizeof(*said); i++) {
		size_t k = i % (sizeof(said) / sizeof(*said));
		struct found found;
		char text[200];

		snprintf(text, sizeof(text), "Nov 21 10:00:00 mx prog[1]: %s",
			said[k].message);
		found = ask(dispatch, text);
		for (size_t f = 0; f < 3; f++) {
			assert_int_equal(found.v[f], said[k].v[f]);
			assert_int_equal(
				ask_alone(filters[f], text), said[k].v[f]);
		}
		assert_int_equal(found.more[0], said[k].more);
		assert_int_equal(found.more[2], 0);
	}
	/* Without its date it is nobody's word. */
	assert_int_equal(
		ask(dispatch, "message repeated 5 times: [ bad 192.0.2.1]")
			.v[0],
		FILTER_MISS);
	dispatch_free(&dispatch);
	for (size_t f = 0; f < 3; f++)
		filter_free(&filters[f]);
}

static void what_is_no_yes(void **state)
{
	struct filter *filter;
	struct err err;

	(void)state;
	confdir_put(
		"one.conf", "[Definition]\nfailregex = <HOST>\nrepeats = 5\n");
	filter = confdir_load("one", &err);
	assert_null(filter);
	assert_int_equal(err.n, 1);
	assert_non_null(strstr(err.items[0].text,
		"one.conf:3: repeats: '5' is neither true nor false"));
	err_deinit(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(together_as_alone),
		cmocka_unit_test(what_a_pid_is_part_of),
		cmocka_unit_test(what_came_again),
		cmocka_unit_test(what_is_no_yes),
	};

	return cmocka_run_group_tests(tests, confdir_make, confdir_remove);
}
