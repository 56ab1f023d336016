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
#define BITS 15
#define BUCKETS (1u << BITS)
#define START_BITS 9
#define STARTS (1u << START_BITS)

struct literal {
	char text[LITERAL_TEXT];
	size_t n;
	size_t member;
};

struct gram {
	uint32_t key; /* its bucket */
	uint16_t literal;
	uint8_t offset;
};

struct sieve {
	struct literal *literals;
	size_t n, room;
	size_t stride;
	uint64_t bitmap[BUCKETS / 64];
	struct gram *grams; /* sorted by key */
	size_t grams_n;
	uint32_t starts[STARTS + 1]; /* of the grams, by a key's first bits */
	uint64_t *always;	     /* members with no literals */
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
	if (!*sieve)
		return;
	free((*sieve)->literals);
	free((*sieve)->grams);
	free((*sieve)->always);
	free(*sieve);
	*sieve = NULL;
}

void sieve_add(struct sieve *sieve, size_t member, const struct literals *l)
{
	/* A text shorter than a gram cannot be looked for. */
	if (literals_shortest(l) < GRAM) {
		sieve->always[member / 64] |= UINT64_C(1) << (member % 64);
		return;
	}
	if (sieve->n + l->n > sieve->room) {
		sieve->room = (sieve->n + l->n) * 2;
		sieve->literals = reallocarray(
			sieve->literals, sieve->room, sizeof(*sieve->literals));
		if (!sieve->literals)
			abort();
	}
	for (size_t i = 0; i < l->n; i++) {
		struct literal *to = &sieve->literals[sieve->n++];

		memcpy(to->text, l->items[i].text, LITERAL_TEXT);
		to->n = l->items[i].n;
		to->member = member;
	}
}

static uint32_t bucket(const char *at)
{
	uint32_t gram;

	memcpy(&gram, at, sizeof(gram));
	return (gram * UINT32_C(2654435761)) >> (32 - BITS);
}

static int compare_grams(const void *a, const void *b)
{
	const struct gram *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

static void find_starts(struct sieve *sieve)
{
	size_t at = 0;

	for (uint32_t i = 0; i <= STARTS; i++) {
		while (at < sieve->grams_n &&
			sieve->grams[at].key >> (BITS - START_BITS) < i)
			at++;
		sieve->starts[i] = (uint32_t)at;
	}
}

void sieve_seal(struct sieve *sieve)
{
	size_t shortest = GRAM + STRIDE_MOST - 1;

	for (size_t i = 0; i < sieve->n; i++)
		if (sieve->literals[i].n < shortest)
			shortest = sieve->literals[i].n;
	sieve->stride = shortest - GRAM + 1;
	sieve->grams =
		calloc(sieve->n * sieve->stride + 1, sizeof(*sieve->grams));
	if (!sieve->grams)
		abort();
	for (size_t i = 0; i < sieve->n; i++) {
		for (size_t at = 0; at < sieve->stride; at++) {
			uint32_t key = bucket(sieve->literals[i].text + at);

			sieve->bitmap[key / 64] |= UINT64_C(1) << (key % 64);
			sieve->grams[sieve->grams_n++] =
				(struct gram){key, (uint16_t)i, (uint8_t)at};
		}
	}
	qsort(sieve->grams, sieve->grams_n, sizeof(*sieve->grams),
		compare_grams);
	find_starts(sieve);
}

/* A set bit at position at of the text: which literals really stand there? */
static bool compare_at(const struct sieve *sieve, const char *text, size_t n,
	size_t at, uint32_t key, uint64_t *hits)
{
	size_t low = sieve->starts[key >> (BITS - START_BITS)];
	size_t high = sieve->starts[(key >> (BITS - START_BITS)) + 1];
	bool any = false;

	for (; low < high && sieve->grams[low].key <= key; low++) {
		const struct gram *g = &sieve->grams[low];
		const struct literal *l = &sieve->literals[g->literal];

		if (g->key != key || g->offset > at ||
			n - (at - g->offset) < l->n)
			continue;
		if (memcmp(text + at - g->offset, l->text, l->n) != 0)
			continue;
		hits[l->member / 64] |= UINT64_C(1) << (l->member % 64);
		any = true;
	}
	return any;
}

size_t sieve_overlap(const struct sieve *sieve, const char *text, size_t n)
{
	size_t most = 0;

	for (size_t i = 0; i < sieve->n; i++) {
		const struct literal *l = &sieve->literals[i];

		if (memmem(text, n, l->text, l->n))
			return n;
		for (size_t k = most + 1; k < l->n && k <= n; k++)
			if (memcmp(text + n - k, l->text, k) == 0)
				most = k;
	}
	return most;
}

static size_t count_of(const struct literal *l, const char *chars)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += l->text[i] && strchr(chars, l->text[i]);
	return n;
}

bool sieve_has(const struct sieve *sieve, const char *chars)
{
	for (size_t i = 0; i < sieve->n; i++)
		if (count_of(&sieve->literals[i], chars) > 0)
			return true;
	return false;
}

bool sieve_has_only(const struct sieve *sieve, const char *chars)
{
	for (size_t i = 0; i < sieve->n; i++)
		if (count_of(&sieve->literals[i], chars) ==
			sieve->literals[i].n)
			return true;
	return false;
}

static inline bool is_set(const struct sieve *sieve, const char *at)
{
	uint32_t key = bucket(at);

	return sieve->bitmap[key / 64] >> (key % 64) & 1;
}

static inline bool look_at(const struct sieve *sieve, const char *text,
	size_t n, size_t at, uint64_t *hits)
{
	return is_set(sieve, text + at) &&
	       compare_at(sieve, text, n, at, bucket(text + at), hits);
}

int sieve_scan(
	const struct sieve *sieve, const char *text, size_t n, uint64_t *hits)
{
	size_t words = SIEVE_WORDS(sieve->members), stride = sieve->stride;
	size_t at = 0;
	int any = 0;

	for (size_t i = 0; i < words; i++) {
		hits[i] = sieve->always[i];
		any |= hits[i] != 0;
	}
	if (n < GRAM || sieve->n == 0)
		return any;
	/* Four looks for one branch: nearly all of them find nothing. */
	for (; at + 3 * stride + GRAM <= n; at += 4 * stride)
		if (is_set(sieve, text + at) |
			is_set(sieve, text + at + stride) |
			is_set(sieve, text + at + 2 * stride) |
			is_set(sieve, text + at + 3 * stride))
			for (size_t i = 0; i < 4; i++)
				any |= look_at(
					sieve, text, n, at + i * stride, hits);
	for (; at + GRAM <= n; at += stride)
		any |= look_at(sieve, text, n, at, hits);
	return any;
}
