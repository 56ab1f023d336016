/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * No line is too much for the shipped filters: what PCRE2 may try is limited,
 * and a search that is given up at the limit is a failure that got away. All
 * filters in all modes share what one line has, so one alone has more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/filters/hostile.h"

#define EVERY 997

struct search {
	struct filter *filters[HOSTILE_FILTERS];
	struct dispatch *dispatch;
	struct header_clock clock;
	uint64_t given_up;
};

static void on_line(void *ctx, const struct hostile_line *line)
{
	struct search *s = ctx;
	uint64_t before = s->given_up;

	hostile_ask(s->dispatch, &s->clock, line->text, line->n);
	s->given_up = 0;
	for (size_t i = 0; i < HOSTILE_FILTERS; i++)
		s->given_up += filter_counts(s->filters[i])->limits;
	if (s->given_up > before)
		fprintf(stderr, "given up: '%.24s' and '%.24s' at %zu of %s\n",
			line->filler, line->then, line->at, line->from);
}

static void nothing_is_given_up(void **state)
{
	struct search s = {.given_up = 0};
	size_t n;

	(void)state;
	hostile_load("build/share", s.filters);
	s.dispatch = dispatch_new(s.filters, HOSTILE_FILTERS);
	n = hostile_each("tests/filters/corpus", EVERY, on_line, &s);
	print_message("%zu lines\n", n);
	assert_true(n > 10000);
	assert_int_equal(s.given_up, 0);
	dispatch_free(&s.dispatch);
	for (size_t i = 0; i < HOSTILE_FILTERS; i++)
		filter_free(&s.filters[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_given_up)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
