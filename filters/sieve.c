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
	uint64_t *always; /* members with no literals */
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
}

/* A set bit at position at of the text: which literals really stand there? */
static bool compare_at(const struct sieve *sieve, const char *text, size_t n,
	size_t at, uint32_t key, uint64_t *hits)
{
	size_t low = 0, high = sieve->grams_n;
	bool any = false;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (sieve->grams[mid].key < key)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < sieve->grams_n && sieve->grams[low].key == key; low++) {
		const struct gram *g = &sieve->grams[low];
		const struct literal *l = &sieve->literals[g->literal];

		if (g->offset > at || n - (at - g->offset) < l->n)
			continue;
		if (memcmp(text + at - g->offset, l->text, l->n) != 0)
			continue;
		hits[l->member / 64] |= UINT64_C(1) << (l->member % 64);
		any = true;
	}
	return any;
}

int sieve_scan(
	const struct sieve *sieve, const char *text, size_t n, uint64_t *hits)
{
	size_t words = SIEVE_WORDS(sieve->members);
	int any = 0;

	for (size_t i = 0; i < words; i++) {
		hits[i] = sieve->always[i];
		any |= hits[i] != 0;
	}
	if (n < GRAM || sieve->n == 0)
		return any;
	for (size_t at = 0; at + GRAM <= n; at += sieve->stride) {
		uint32_t key = bucket(text + at);

		if (sieve->bitmap[key / 64] >> (key % 64) & 1)
			any |= compare_at(sieve, text, n, at, key, hits);
	}
	return any;
}
