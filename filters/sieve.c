/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scan that most lines end at. Every literal gives the four-byte grams at
 * its first few offsets to a bitmap, so that looking at each stride-th
 * position of a text meets one gram of any literal in it; a bit that is set
 * leads to the literals with that gram, which are compared in full.
 */
#include "filters/sieve.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define GRAM 4
#define STRIDE_MOST 8
#define BITS 16
#define BUCKETS (1u << BITS)
#define START_BITS 9
#define STARTS (1u << START_BITS)

struct needle {
	char text[LITERAL_TEXT];
	size_t n;
	uint64_t *members; /* bits */
};

struct gram {
	uint32_t text;	 /* as it lies in memory */
	uint16_t needle; /* up to SIEVE_LITERALS_MOST */
	uint8_t offset;
	uint8_t n;     /* the needle's length, and its last four bytes: */
	uint32_t last; /* many needles begin alike */
};

struct sieve {
	struct needle *needles;
	size_t n, room;
	size_t stride;
	uint64_t bitmap[BUCKETS / 64];
	struct gram *grams; /* sorted by bucket */
	size_t grams_n;
	uint32_t
		starts[STARTS + 1]; /* of the grams, by a bucket's first bits */
	uint64_t *always;	    /* members with no literals */
	bool has_always;
	size_t members;
};

struct sieve *sieve_new(size_t members)
{
	struct sieve *sieve = calloc(1, sizeof(*sieve));

	if (!sieve)
		abort();
	sieve->members = members;
	sieve->always = calloc(SIEVE_WORDS(members) + 1, sizeof(uint64_t));
	if (!sieve->always)
		abort();
	return sieve;
}

void sieve_free(struct sieve **sieve)
{
	struct sieve *s = *sieve;

	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		free(s->needles[i].members);
	free(s->needles);
	free(s->grams);
	free(s->always);
	free(s);
	*sieve = NULL;
}

static void set_bit(uint64_t *bits, size_t i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

/* Several members look for the same text: it is compared once for all. */
static struct needle *needle_get(
	struct sieve *sieve, const struct literal *text)
{
	struct needle *l;

	for (size_t i = 0; i < sieve->n; i++) {
		l = &sieve->needles[i];
		if (l->n == text->n && memcmp(l->text, text->text, l->n) == 0)
			return l;
	}
	if (sieve->n == sieve->room) {
		sieve->room = sieve->room ? sieve->room * 2 : 64;
		sieve->needles = reallocarray(
			sieve->needles, sieve->room, sizeof(*sieve->needles));
		if (!sieve->needles)
			abort();
	}
	l = &sieve->needles[sieve->n++];
	memcpy(l->text, text->text, LITERAL_TEXT);
	l->n = text->n;
	l->members = calloc(SIEVE_WORDS(sieve->members) + 1, sizeof(uint64_t));
	if (!l->members)
		abort();
	return l;
}

void sieve_add(struct sieve *sieve, size_t member, const struct literals *l)
{
	/* A text shorter than a gram cannot be looked for. */
	if (literals_shortest(l) < GRAM ||
		sieve->n + l->n > SIEVE_LITERALS_MOST) {
		set_bit(sieve->always, member);
		sieve->has_always = true;
		return;
	}
	for (size_t i = 0; i < l->n; i++)
		set_bit(needle_get(sieve, &l->items[i])->members, member);
}

static uint32_t gram_at(const char *at)
{
	uint32_t gram;

	memcpy(&gram, at, sizeof(gram));
	return gram;
}

static uint32_t bucket(uint32_t gram)
{
	return (gram * UINT32_C(2654435761)) >> (32 - BITS);
}

static int compare_grams(const void *a, const void *b)
{
	const struct gram *x = a, *y = b;
	uint32_t in_x = bucket(x->text), in_y = bucket(y->text);

	return in_x < in_y ? -1 : in_x > in_y;
}

static void find_starts(struct sieve *sieve)
{
	size_t at = 0;

	for (uint32_t i = 0; i <= STARTS; i++) {
		while (at < sieve->grams_n && bucket(sieve->grams[at].text) >>
						      (BITS - START_BITS) < i)
			at++;
		sieve->starts[i] = (uint32_t)at;
	}
}

void sieve_seal(struct sieve *sieve)
{
	size_t shortest = GRAM + STRIDE_MOST - 1;

	for (size_t i = 0; i < sieve->n; i++)
		if (sieve->needles[i].n < shortest)
			shortest = sieve->needles[i].n;
	sieve->stride = shortest - GRAM + 1;
	sieve->grams =
		calloc(sieve->n * sieve->stride + 1, sizeof(*sieve->grams));
	if (!sieve->grams)
		abort();
	for (size_t i = 0; i < sieve->n; i++) {
		for (size_t at = 0; at < sieve->stride; at++) {
			const struct needle *l = &sieve->needles[i];
			uint32_t gram = gram_at(l->text + at);

			set_bit(sieve->bitmap, bucket(gram));
			sieve->grams[sieve->grams_n++] = (struct gram){gram,
				(uint16_t)i, (uint8_t)at, (uint8_t)l->n,
				gram_at(l->text + l->n - GRAM)};
		}
	}
	qsort(sieve->grams, sieve->grams_n, sizeof(*sieve->grams),
		compare_grams);
	find_starts(sieve);
}

/* A set bit at position at of the text: which literals really stand there? */
static bool compare_at(const struct sieve *sieve, const char *text, size_t n,
	size_t at, uint64_t *hits)
{
	uint32_t gram = gram_at(text + at);
	uint32_t start = bucket(gram) >> (BITS - START_BITS);
	const struct gram *g = sieve->grams + sieve->starts[start];
	const struct gram *end = sieve->grams + sieve->starts[start + 1];
	bool any = false;

	for (; g < end; g++) {
		const struct needle *l = &sieve->needles[g->needle];
		size_t from = at - g->offset;

		if (g->text != gram || g->offset > at || n - from < g->n ||
			gram_at(text + from + g->n - GRAM) != g->last ||
			memcmp(text + from, l->text, g->n) != 0)
			continue;
		for (size_t i = 0; i < SIEVE_WORDS(sieve->members); i++)
			hits[i] |= l->members[i];
		any = true;
	}
	return any;
}

size_t sieve_overlap(const struct sieve *sieve, const char *text, size_t n)
{
	size_t most = 0;

	for (size_t i = 0; i < sieve->n; i++) {
		const struct needle *l = &sieve->needles[i];

		if (memmem(text, n, l->text, l->n))
			return n;
		for (size_t k = most + 1; k < l->n && k <= n; k++)
			if (memcmp(text + n - k, l->text, k) == 0)
				most = k;
	}
	return most;
}

static size_t count_of(const struct needle *l, const char *chars)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += l->text[i] && strchr(chars, l->text[i]);
	return n;
}

bool sieve_has(const struct sieve *sieve, const char *chars)
{
	for (size_t i = 0; i < sieve->n; i++)
		if (count_of(&sieve->needles[i], chars) > 0)
			return true;
	return false;
}

bool sieve_has_only(const struct sieve *sieve, const char *chars)
{
	for (size_t i = 0; i < sieve->n; i++)
		if (count_of(&sieve->needles[i], chars) == sieve->needles[i].n)
			return true;
	return false;
}

static inline bool is_set(const struct sieve *sieve, const char *at)
{
	uint32_t in = bucket(gram_at(at));

	return sieve->bitmap[in / 64] >> (in % 64) & 1;
}

static inline bool look_at(const struct sieve *sieve, const char *text,
	size_t n, size_t at, uint64_t *hits)
{
	return is_set(sieve, text + at) && compare_at(sieve, text, n, at, hits);
}

/* As compare_at; the first that is called in a scan empties the hits. */
static bool compare_first(const struct sieve *sieve, const char *text, size_t n,
	size_t at, uint64_t *hits, bool *begun)
{
	if (!is_set(sieve, text + at))
		return false;
	if (!*begun)
		memset(hits, 0, SIEVE_WORDS(sieve->members) * sizeof(*hits));
	*begun = true;
	return compare_at(sieve, text, n, at, hits);
}

bool sieve_scan(
	const struct sieve *sieve, const char *text, size_t n, uint64_t *hits)
{
	size_t stride = sieve->stride, at = 0;
	bool any = sieve->has_always, begun = any;

	if (any)
		memcpy(hits, sieve->always,
			SIEVE_WORDS(sieve->members) * sizeof(*hits));
	if (n < GRAM || sieve->n == 0)
		return any;
	/* Four looks for one branch: nearly all of them find nothing. */
	for (; at + 3 * stride + GRAM <= n; at += 4 * stride)
		if (is_set(sieve, text + at) |
			is_set(sieve, text + at + stride) |
			is_set(sieve, text + at + 2 * stride) |
			is_set(sieve, text + at + 3 * stride))
			for (size_t i = 0; i < 4; i++)
				any |= compare_first(sieve, text, n,
					at + i * stride, hits, &begun);
	for (; at + GRAM <= n; at += stride)
		any |= compare_first(sieve, text, n, at, hits, &begun);
	return any;
}
