/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks for the line that takes longest through all shipped filters, in all
 * modes at once, and says how long, which line, and in which filter. After the
 * lines that are made by rule the slowest are changed at random, the same way
 * each time, and what is slower stays. It is the processor's time that counts,
 * and the best of a few times: other work must not make a line slow.
 * Prints the nanoseconds, how many searches were given up, and the story.
 *
 * usage: worstline DATADIR CORPUS [EVERY [CHANGES]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/plain.h"
#include "tests/filters/hostile.h"

#define ROUNDS 9
/* The slowest, each made of another line. */
#define KEPT 16
#define PIECE 4096

struct slow {
	int64_t took;
	char *text;
	size_t n, changes;
	char story[320];
};

struct search {
	struct filter *filters[HOSTILE_FILTERS];
	struct dispatch *all;
	struct header_clock clock;
	struct slow slow[KEPT]; /* the slowest first */
	uint64_t random;
};

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* The least time of so many rounds, and of one if that is too little. */
static int64_t take(struct search *s, struct dispatch *d, const char *text,
	size_t n, int64_t least, int rounds)
{
	int64_t best = INT64_MAX;

	for (int i = 0; i < rounds && best > least; i++) {
		int64_t start = now(), took;

		hostile_ask(d, &s->clock, text, n);
		took = now() - start;
		if (took < best)
			best = took;
	}
	return best;
}

/* Puts a line to the slowest, in the place of one made of the same. */
static void keep(struct search *s, int64_t took, const char *text, size_t n,
	const char *story, const char *from)
{
	size_t at = KEPT - 1;
	struct slow spare;

	for (size_t i = 0; i < KEPT; i++)
		if (strstr(s->slow[i].story, from)) {
			if (took <= s->slow[i].took)
				return;
			at = i;
			break;
		}
	if (took <= s->slow[at].took)
		return;
	s->slow[at].took = took;
	s->slow[at].n = n;
	memcpy(s->slow[at].text, text, n);
	snprintf(s->slow[at].story, sizeof(s->slow[at].story), "%s", story);
	for (; at > 0 && s->slow[at].took > s->slow[at - 1].took; at--) {
		spare = s->slow[at];
		s->slow[at] = s->slow[at - 1];
		s->slow[at - 1] = spare;
	}
}

static void on_line(void *ctx, const struct hostile_line *line)
{
	struct search *s = ctx;
	int64_t least = s->slow[KEPT - 1].took;
	int64_t took = take(s, s->all, line->text, line->n, least, ROUNDS);
	char story[320], from[151];

	if (took <= least)
		return;
	snprintf(from, sizeof(from), "%s", line->from);
	snprintf(story, sizeof(story),
		"%zu bytes, '%.24s' and '%.24s' at %zu"
		" of %s",
		line->n, line->filler, line->then, line->at, from);
	keep(s, took, line->text, line->n, story, from);
	if (getenv("WORSTLINE_ALL"))
		fprintf(stderr, "%lld ns: %s\n", (long long)took, story);
}

/* xorshift64: the same search each time. */
static size_t below(struct search *s, size_t n)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (size_t)(s->random % n);
}

/* Puts a piece of one of the slow lines into another, again and again. */
static void change(struct search *s, char *text, size_t n)
{
	const struct slow *other = &s->slow[below(s, KEPT)];
	size_t piece, from, to, until;

	if (other->n < 2 || n < 2)
		return;
	piece = 1 + below(s, below(s, 4) ? 24 : PIECE);
	if (piece >= other->n)
		piece = other->n - 1;
	from = below(s, other->n - piece);
	to = below(s, n);
	until = to + 1 + below(s, below(s, 2) ? n - to : piece);
	if (until > n)
		until = n;
	while (to < until) {
		size_t part = until - to < piece ? until - to : piece;

		memmove(text + to, other->text + from, part);
		to += part;
	}
}

static void change_all(struct search *s, size_t changes)
{
	char *text = malloc(HOSTILE_MOST);

	if (!text)
		abort();
	for (size_t i = 0; i < changes; i++) {
		struct slow *slow = &s->slow[below(s, KEPT)];
		int64_t took;

		memcpy(text, slow->text, slow->n);
		change(s, text, slow->n);
		took = take(s, s->all, text, slow->n, slow->took, ROUNDS);
		if (took <= slow->took)
			continue;
		memcpy(slow->text, text, slow->n);
		slow->took = took;
		slow->changes++;
	}
	free(text);
}

/* The slowest of all, measured once more beside each other. */
static struct slow *slowest(struct search *s)
{
	struct slow *most = &s->slow[0];

	for (size_t i = 0; i < KEPT; i++) {
		struct slow *slow = &s->slow[i];

		slow->took =
			take(s, s->all, slow->text, slow->n, 0, 5 * ROUNDS);
		if (slow->took > most->took)
			most = slow;
	}
	return most;
}

static void tell(struct search *s, const struct slow *slow, size_t lines)
{
	char story[PLAIN_ROOM(sizeof(slow->story)) + 1];
	const char *filter = "none";
	uint64_t limits = 0;
	int64_t most = 0;

	for (size_t i = 0; i < HOSTILE_FILTERS; i++) {
		struct dispatch *one = dispatch_new(&s->filters[i], 1);
		int64_t took = take(s, one, slow->text, slow->n, 0, ROUNDS);

		if (took > most) {
			most = took;
			filter = hostile_filters[i];
		}
		dispatch_free(&one);
		limits += filter_counts(s->filters[i])->limits;
	}
	/* Fillers are any bytes. */
	plain_copy(
		story, sizeof(story), slow->story, strlen(slow->story), NULL);
	printf("%lld %llu\n%s alone %.3f ms; of %zu lines: %s, changed %zu times\n",
		(long long)slow->took, (unsigned long long)limits, filter,
		(double)most / 1e6, lines, story, slow->changes);
	if (getenv("WORSTLINE_TEXT"))
		fwrite(slow->text, 1, slow->n, stderr);
}

int main(int argc, char **argv)
{
	static struct search s = {.random = 20261121};
	size_t n, changes = argc > 4 ? strtoul(argv[4], NULL, 10) : 20000;

	if (argc < 3)
		return 2;
	for (size_t i = 0; i < KEPT; i++) {
		s.slow[i].text = calloc(1, HOSTILE_MOST);
		if (!s.slow[i].text)
			abort();
		/* A story that is no other's. */
		snprintf(s.slow[i].story, sizeof(s.slow[i].story), "\1%zu", i);
	}
	hostile_load(argv[1], s.filters);
	s.all = dispatch_new(s.filters, HOSTILE_FILTERS);
	n = hostile_each(argv[2], argc > 3 ? strtoul(argv[3], NULL, 10) : 1,
		on_line, &s);
	change_all(&s, changes);
	tell(&s, slowest(&s), n + changes);
	dispatch_free(&s.all);
	for (size_t i = 0; i < HOSTILE_FILTERS; i++)
		filter_free(&s.filters[i]);
	for (size_t i = 0; i < KEPT; i++)
		free(s.slow[i].text);
	return 0;
}
