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
};

static void on_found(void *ctx, size_t filter, enum filter_verdict v,
	const struct failure *failure)
{
	struct found *found = ctx;

	(void)failure;
	found->n++;
	found->v[filter] = v;
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
	filter_subject(&line, &subject);
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
		"192.0.2.1", "192.0.2.9", "::1", " ", "x", "\xff", "[", "]: "};
	struct filter *filters[3] = {confdir_filter(OF_PROG),
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
			strcat(text, parts[(seed >> 33) % 15]);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(together_as_alone),
		cmocka_unit_test(what_a_pid_is_part_of),
	};

	return cmocka_run_group_tests(tests, confdir_make, confdir_remove);
}
