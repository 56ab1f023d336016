/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which filters a line is for. The head of a line (host, program, pid) is
 * tested once against each filter's anchored beginning and the answer kept by
 * its number, so that of qmgr's lines no byte of the message is read; then a
 * sieve of literals says which regular expressions are worth running.
 */
#include "filters/dispatch.h"

#include <stdlib.h>
#include <string.h>

#include "filters/beginnings.h"
#include "filters/sieve.h"
#include "lib/linehead.h"
#include "lib/repeated.h"

#define WHOLE_HEAD 255 /* as an overlap, which is never so large */
#define CLASSES_MOST 64

/* The filters that some heads can be for, with their sieve. */
struct class
{
	uint64_t *filters; /* bits */
	bool empty;
	struct sieve *sieve;
};

struct head {
	struct class *class; /* NULL: not asked yet */
	uint8_t overlap;     /* bytes of it that the sieve must see */
};

struct dispatch {
	struct filter *const *filters;
	size_t n;
	size_t *first; /* of each filter: its first member in the sieves */
	size_t members;
	uint64_t *hits, *undated_hits[DATECUT_USUAL];
	struct class *classes[CLASSES_MOST];
	size_t classes_n;
	struct class *all;
	struct head heads[LINEHEAD_NUMBERS]; /* the first: of all others */
	struct beginnings beginnings;
	struct dispatch_counts counts;
};

static struct class *class_new(struct dispatch *d, const uint64_t *filters)
{
	static const struct literals nothing;
	struct class *c = calloc(1, sizeof(*c));
	size_t words = SIEVE_WORDS(d->n) + 1;

	if (!c)
		abort();
	c->filters = calloc(words, sizeof(uint64_t));
	if (!c->filters)
		abort();
	c->empty = true;
	c->sieve = sieve_new(d->members);
	for (size_t i = 0; i < d->n; i++) {
		if (!(filters[i / 64] >> (i % 64) & 1))
			continue;
		c->filters[i / 64] |= UINT64_C(1) << (i % 64);
		c->empty = false;
		for (size_t k = 0; k < filter_regexes(d->filters[i]); k++)
			sieve_add(c->sieve, d->first[i] + k,
				filter_wants_all(d->filters[i])
					? &nothing
					: filter_literals(d->filters[i], k));
	}
	sieve_seal(c->sieve);
	return c;
}

static void class_free(struct class *c)
{
	sieve_free(&c->sieve);
	free(c->filters);
	free(c);
}

/* The class of exactly these filters; all of them if there are too many. */
static struct class *class_find(struct dispatch *d, const uint64_t *filters)
{
	size_t words = SIEVE_WORDS(d->n);

	for (size_t i = 0; i < d->classes_n; i++)
		if (memcmp(d->classes[i]->filters, filters,
			    words * sizeof(*filters)) == 0)
			return d->classes[i];
	if (d->classes_n == CLASSES_MOST)
		return d->all;
	return d->classes[d->classes_n++] = class_new(d, filters);
}

static uint64_t *hits_new(const struct dispatch *d)
{
	uint64_t *hits = calloc(SIEVE_WORDS(d->members) + 1, sizeof(*hits));

	if (!hits)
		abort();
	return hits;
}

struct dispatch *dispatch_new(struct filter *const *filters, size_t n)
{
	struct dispatch *d = aligned_alloc(64, sizeof(*d));
	uint64_t *every = calloc(SIEVE_WORDS(n) + 1, sizeof(*every));

	if (!d || !every)
		abort();
	memset(d, 0, sizeof(*d));
	d->filters = filters;
	d->n = n;
	d->first = calloc(n + 1, sizeof(*d->first));
	if (!d->first)
		abort();
	for (size_t i = 0; i < n; i++) {
		every[i / 64] |= UINT64_C(1) << (i % 64);
		d->first[i] = d->members;
		/* Each filter's bits begin a word: a pointer to them is
		 * what filter_match wants. */
		d->members += (filter_regexes(filters[i]) + 63) / 64 * 64;
	}
	d->hits = hits_new(d);
	for (size_t i = 0; i < DATECUT_USUAL; i++)
		d->undated_hits[i] = hits_new(d);
	d->all = d->classes[d->classes_n++] = class_new(d, every);
	d->heads[0] = (struct head){d->all, WHOLE_HEAD};
	free(every);
	return d;
}

void dispatch_free(struct dispatch **dispatch)
{
	struct dispatch *d = *dispatch;

	if (!d)
		return;
	for (size_t i = 0; i < d->classes_n; i++)
		class_free(d->classes[i]);
	free(d->first);
	free(d->hits);
	for (size_t i = 0; i < DATECUT_USUAL; i++)
		free(d->undated_hits[i]);
	free(d);
	*dispatch = NULL;
}

const struct dispatch_counts *dispatch_counts(const struct dispatch *dispatch)
{
	return &dispatch->counts;
}

/*
 * How much of a head must be scanned with each line: only what may be the
 * beginning of a literal, if none can stand in it. The pid stands between
 * brackets: a literal that it could be part of would have one of these, or
 * nothing but digits.
 */
static size_t head_overlap(
	const struct class *class, const struct linehead *key)
{
	size_t n = key->before_n + key->after_n;
	char head[LINEHEAD_TEXT + 8];

	if (!key->pid) {
		memcpy(head, key->before, key->before_n);
		memcpy(head + key->before_n, key->after, key->after_n);
		return sieve_overlap(class->sieve, head, n);
	}
	if (key->after_n == 0 || key->after[0] != ']' ||
		sieve_has(class->sieve, "[]") ||
		sieve_has_only(class->sieve, "0123456789") ||
		sieve_overlap(class->sieve, key->before, key->before_n) > 0)
		return WHOLE_HEAD;
	return sieve_overlap(class->sieve, key->after, key->after_n);
}

/* Decides which filters a line's head is for, and remembers it. */
static void head_learn(struct dispatch *d, const struct line *line)
{
	struct head *h = &d->heads[line->head];
	struct linehead key;
	uint64_t *filters;

	*h = d->heads[0];
	if (!linehead_cut(line, &key) || !linehead_is_plain(&key))
		return;
	filters = calloc(SIEVE_WORDS(d->n) + 1, sizeof(*filters));
	if (!filters)
		return;
	for (size_t i = 0; i < d->n; i++)
		if (beginning_may_follow(d->filters[i], &key, NULL, 0))
			filters[i / 64] |= UINT64_C(1) << (i % 64);
	h->class = class_find(d, filters);
	free(filters);
	h->overlap = (uint8_t)head_overlap(h->class, &key);
}

/* Where in a line's body the sieve must begin. */
static const char *scan_from(const struct head *h, const struct line *line)
{
	return h->overlap == WHOLE_HEAD ? line->body
					: line->message - h->overlap;
}

static bool any_bit(const uint64_t *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (words[i])
			return true;
	return false;
}

/* Shows a subject to a filter; wanted as of filter_match. */
static void ask(struct dispatch *d, size_t i,
	const struct filter_subject *subject, const uint64_t *wanted,
	dispatch_fn fn, void *ctx)
{
	struct failure failure;
	enum filter_verdict v;

	d->counts.searched++;
	v = filter_match(d->filters[i], subject, wanted, &failure);
	if (v != FILTER_MISS)
		fn(ctx, i, v, &failure);
}

static bool is_hit(const struct dispatch *d, const uint64_t *hits, size_t i)
{
	return any_bit(hits + d->first[i] / 64,
		(filter_regexes(d->filters[i]) + 63) / 64);
}

/*
 * A line that the header's cut did not date: a filter may find its date in the
 * midst, and what then comes together is what the sieve must see. It is cut
 * out once for all filters that look for the same dates.
 */
__attribute__((noinline)) static bool ask_undated(
	struct dispatch *d, const struct line *line, dispatch_fn fn, void *ctx)
{
	struct filter_subject subject, cut[DATECUT_USUAL];
	bool made[DATECUT_USUAL] = {false}, any[DATECUT_USUAL];

	uint64_t before = d->counts.searched;

	filter_subject(line, &subject);
	for (size_t i = 0; i < d->n; i++) {
		enum datecut_kind kind = filter_datecut(d->filters[i]);
		uint64_t *hits;

		if (kind == DATECUT_OWN || filter_wants_all(d->filters[i])) {
			ask(d, i, &subject, NULL, fn, ctx);
			continue;
		}
		hits = d->undated_hits[kind];
		if (!made[kind]) {
			made[kind] = true;
			cut[kind] = subject;
			filter_cut_date(d->filters[i], &cut[kind]);
			any[kind] = sieve_scan(d->all->sieve, cut[kind].text,
				cut[kind].n, hits);
		}
		if (any[kind] && is_hit(d, hits, i))
			ask(d, i, &cut[kind], hits + d->first[i] / 64, fn, ctx);
	}
	return d->counts.searched > before;
}

/* Of a line that one of the head's filters may want. */
__attribute__((noinline)) static bool look_through(struct dispatch *d,
	const struct head *h, const struct line *line, dispatch_fn fn,
	void *ctx)
{
	const char *from = scan_from(h, line);
	struct filter_subject subject;

	d->counts.scanned++;
	if (!sieve_scan(h->class->sieve, from,
		    (size_t)(line->body + line->body_len - from), d->hits)) {
		beginnings_ask(&d->beginnings, d->filters, h->class->filters,
			d->n, line);
		return false;
	}
	filter_subject(line, &subject);
	for (size_t i = 0; i < d->n; i++)
		if (is_hit(d, d->hits, i))
			ask(d, i, &subject, d->hits + d->first[i] / 64, fn,
				ctx);
	return true;
}

/* Shows a subject to those that count repeats, or to those that do not. */
static void look_at(struct dispatch *d, const struct head *h,
	const struct filter_subject *subject, bool repeats, dispatch_fn fn,
	void *ctx)
{
	const struct line *line = subject->line;
	const char *from = scan_from(h, line);

	if (!sieve_scan(h->class->sieve, from,
		    (size_t)(line->body + line->body_len - from), d->hits))
		return;
	for (size_t i = 0; i < d->n; i++)
		if (is_hit(d, d->hits, i) &&
			filter_counts_repeats(d->filters[i]) == repeats)
			ask(d, i, subject, d->hits + d->first[i] / 64, fn, ctx);
}

/* Of a line that may be one that came again. */
__attribute__((noinline)) static bool look_repeated(struct dispatch *d,
	const struct head *h, const struct line *line, dispatch_fn fn,
	void *ctx)
{
	uint64_t before = d->counts.searched;
	struct filter_subject subject;

	if (!filter_subject_repeated(line, &subject))
		return look_through(d, h, line, fn, ctx);
	d->counts.scanned++;
	look_at(d, h, &subject, true, fn, ctx);
	filter_subject(line, &subject);
	look_at(d, h, &subject, false, fn, ctx);
	return d->counts.searched > before;
}

/* The first of its head. */
__attribute__((noinline)) static bool look_first(struct dispatch *d,
	const struct head *h, const struct line *line, dispatch_fn fn,
	void *ctx)
{
	head_learn(d, line);
	if (h->class->empty)
		return false;
	return (repeated_begins(line) ? look_repeated : look_through)(
		d, h, line, fn, ctx);
}

/* Most lines end in here: it has no more to do than that takes. */
bool dispatch_line(
	struct dispatch *d, const struct line *line, dispatch_fn fn, void *ctx)
{
	const struct head *h = &d->heads[line->head];

	d->counts.lines++;
	if (line->body == line->text && !line->journal)
		return ask_undated(d, line, fn, ctx);
	if (!h->class)
		return look_first(d, h, line, fn, ctx);
	if (h->class->empty)
		return false;
	if (repeated_begins(line))
		return look_repeated(d, h, line, fn, ctx);
	if (beginnings_has(&d->beginnings, line))
		return false;
	return look_through(d, h, line, fn, ctx);
}
