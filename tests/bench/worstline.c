/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks for the line that takes longest through all shipped filters, and says
 * how long, which line, and in which filter. A machine that does other work
 * makes any line slow once, so a slow one counts with its best of a few times.
 * Prints the microseconds, how many searches were given up, and the story.
 *
 * usage: worstline DATADIR CORPUS [EVERY]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filters/dispatch.h"
#include "lib/clock.h"
#include "lib/line.h"
#include "sources/header.h"
#include "tests/filters/hostile.h"

#define ROUNDS 5

struct search {
	struct filter *filters[HOSTILE_FILTERS];
	struct dispatch *all;
	struct dispatch *one[HOSTILE_FILTERS];
	struct header_clock clock;
	int64_t worst, worst_one; /* microseconds */
	uint64_t limits;
	const char *filter;
	char *text; /* of the worst */
	size_t n;
	char story[256];
};

static void no_verdict(void *ctx, size_t filter, enum filter_verdict v,
	const struct failure *failure)
{
	(void)ctx;
	(void)filter;
	(void)v;
	(void)failure;
}

static int64_t take(
	struct search *s, struct dispatch *d, const char *text, size_t n)
{
	int64_t start = clock_mono();
	struct line line;

	header_cut(text, n, &s->clock, &line);
	dispatch_line(d, &line, no_verdict, NULL);
	return clock_mono() - start;
}

static int64_t best(
	struct search *s, struct dispatch *d, const char *text, size_t n)
{
	int64_t least = INT64_MAX;

	for (int i = 0; i < ROUNDS; i++) {
		int64_t took = take(s, d, text, n);

		if (took < least)
			least = took;
	}
	return least;
}

static void on_line(void *ctx, const struct hostile_line *line)
{
	struct search *s = ctx;
	int64_t took = take(s, s->all, line->text, line->n);

	if (took > s->worst)
		took = best(s, s->all, line->text, line->n);
	if (took <= s->worst)
		return;
	s->worst = took;
	memcpy(s->text, line->text, line->n);
	s->n = line->n;
	snprintf(s->story, sizeof(s->story),
		"%zu bytes, '%.24s' at %zu of %.180s", line->n, line->filler,
		line->at, line->from);
	if (getenv("WORSTLINE_ALL"))
		fprintf(stderr, "%lld us: %s\n", (long long)took, s->story);
}

int main(int argc, char **argv)
{
	struct search s = {0};
	size_t n;

	if (argc < 3)
		return 2;
	s.text = malloc(HOSTILE_MOST);
	if (!s.text)
		abort();
	hostile_load(argv[1], s.filters);
	s.all = dispatch_new(s.filters, HOSTILE_FILTERS);
	n = hostile_each(argv[2], argc > 3 ? strtoul(argv[3], NULL, 10) : 1,
		on_line, &s);
	for (size_t i = 0; i < HOSTILE_FILTERS; i++) {
		int64_t took;

		s.one[i] = dispatch_new(&s.filters[i], 1);
		took = best(&s, s.one[i], s.text, s.n);
		if (took > s.worst_one) {
			s.worst_one = took;
			s.filter = hostile_filters[i];
		}
		dispatch_free(&s.one[i]);
	}
	for (size_t i = 0; i < HOSTILE_FILTERS; i++)
		s.limits += filter_counts(s.filters[i])->limits;
	printf("%lld %llu\n%s alone %lld; of %zu lines: %s\n",
		(long long)s.worst, (unsigned long long)s.limits,
		s.filter ? s.filter : "none", (long long)s.worst_one, n,
		s.story);
	dispatch_free(&s.all);
	for (size_t i = 0; i < HOSTILE_FILTERS; i++)
		filter_free(&s.filters[i]);
	free(s.text);
	return 0;
}
