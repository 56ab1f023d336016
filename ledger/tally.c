/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts by name. The names come out of a log, so whoever writes to the log
 * chooses them: their number has a cap, and the hash a secret, so that nobody
 * can make them all collide. Rows never move out of their order, so that a
 * row's number is as good as a pointer.
 */
#include "ledger/tally.h"

#include <stdlib.h>
#include <sys/random.h>

#include "lib/clock.h"

#define ROWS_FIRST 32
#define BLOCK (64 * 1024) /* bytes for names that are taken at a time */

struct row {
	const char *name;
	uint32_t n, hash;
	/* the value stands behind */
};

struct block {
	struct block *before;
	char bytes[];
};

struct tally {
	uint64_t seed;
	size_t stride;
	uint32_t n, room, most;
	uint32_t *slots, mask; /* a row's number + 1; 0 = free */
	char *rows;
	struct block *blocks;
	size_t left; /* bytes of the newest block */
	char *next;
	uint64_t lost;
};

uint64_t tally_seed(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = (uint64_t)clock_mono() * UINT64_C(0x9e3779b97f4a7c15);
	return seed | 1;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t tally_hash(struct span name, uint64_t seed)
{
	const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t h = seed ^ name.n, a, b = 0;
	const char *p = name.at;
	size_t n = name.n;

	for (; n > 16; n -= 16, p += 16) {
		memcpy(&a, p, 8);
		memcpy(&b, p + 8, 8);
		h = mix(a ^ odd ^ h, b ^ seed);
	}
	a = b = 0;
	if (n >= 8) {
		memcpy(&a, p, 8);
		memcpy(&b, p + n - 8, 8);
	} else if (n >= 4) {
		uint32_t low, high;

		memcpy(&low, p, 4);
		memcpy(&high, p + n - 4, 4);
		a = low;
		b = high;
	} else if (n) {
		a = (uint64_t)(unsigned char)p[0] << 16 |
		    (uint64_t)(unsigned char)p[n / 2] << 8 |
		    (unsigned char)p[n - 1];
	}
	return mix(mix(a ^ odd ^ h, b ^ seed), odd);
}

static struct row *row_at(const struct tally *tally, uint32_t row)
{
	return (struct row *)(void *)(tally->rows + row * tally->stride);
}

struct tally *tally_new(size_t value, uint32_t most)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	if (!tally)
		abort();
	tally->seed = tally_seed();
	tally->stride = sizeof(struct row) + (value + 7) / 8 * 8;
	tally->most = most < TALLY_NONE ? most : TALLY_NONE - 1;
	return tally;
}

void tally_free(struct tally **tally)
{
	struct block *block, *before;

	if (!*tally)
		return;
	for (block = (*tally)->blocks; block; block = before) {
		before = block->before;
		free(block);
	}
	free((*tally)->slots);
	free((*tally)->rows);
	free(*tally);
	*tally = NULL;
}

static void slots_fill(struct tally *tally)
{
	for (uint32_t i = 0; i < tally->n; i++) {
		uint32_t slot = row_at(tally, i)->hash & tally->mask;

		while (tally->slots[slot])
			slot = (slot + 1) & tally->mask;
		tally->slots[slot] = i + 1;
	}
}

static void grow(struct tally *tally)
{
	tally->room = tally->room ? 2 * tally->room : ROWS_FIRST;
	tally->rows = reallocarray(tally->rows, tally->room, tally->stride);
	free(tally->slots);
	tally->slots = calloc(2 * (size_t)tally->room, sizeof(*tally->slots));
	if (!tally->rows || !tally->slots)
		abort();
	tally->mask = 2 * tally->room - 1;
	slots_fill(tally);
}

static const char *name_keep(struct tally *tally, struct span name)
{
	char *kept;

	if (!name.n)
		return "";
	if (name.n > tally->left) {
		size_t room = name.n > BLOCK / 4 ? name.n : BLOCK;
		struct block *block;

		/* A small table needs no whole block. */
		if (!tally->blocks && name.n < 512)
			room = 1024;
		block = malloc(sizeof(*block) + room);
		if (!block)
			abort();
		block->before = tally->blocks;
		tally->blocks = block;
		tally->next = block->bytes;
		tally->left = room;
	}
	kept = tally->next;
	memcpy(kept, name.at, name.n);
	tally->next += name.n;
	tally->left -= name.n;
	return kept;
}

/* The slot where the name is or would be. */
static uint32_t slot_of(
	const struct tally *tally, struct span name, uint32_t hash)
{
	uint32_t slot = hash & tally->mask;

	for (; tally->slots[slot]; slot = (slot + 1) & tally->mask) {
		const struct row *row = row_at(tally, tally->slots[slot] - 1);

		if (row->hash == hash && row->n == name.n &&
			memcmp(row->name, name.at, name.n) == 0)
			break;
	}
	return slot;
}

uint32_t tally_row(struct tally *tally, struct span name)
{
	uint32_t hash = (uint32_t)tally_hash(name, tally->seed), slot;
	struct row *row;

	if (!tally->room)
		grow(tally);
	slot = slot_of(tally, name, hash);
	if (tally->slots[slot])
		return tally->slots[slot] - 1;
	if (tally->n >= tally->most) {
		tally->lost++;
		return TALLY_NONE;
	}
	if (tally->n == tally->room) {
		grow(tally);
		slot = slot_of(tally, name, hash);
	}
	row = row_at(tally, tally->n);
	memset(row, 0, tally->stride);
	row->name = name_keep(tally, name);
	row->n = (uint32_t)name.n;
	row->hash = hash;
	tally->slots[slot] = ++tally->n;
	return tally->n - 1;
}

uint32_t tally_find(const struct tally *tally, struct span name)
{
	uint32_t slot;

	if (!tally->room)
		return TALLY_NONE;
	slot = slot_of(tally, name, (uint32_t)tally_hash(name, tally->seed));
	return tally->slots[slot] ? tally->slots[slot] - 1 : TALLY_NONE;
}

void *tally_value(const struct tally *tally, uint32_t row)
{
	return row_at(tally, row) + 1;
}

struct span tally_name(const struct tally *tally, uint32_t row)
{
	const struct row *at = row_at(tally, row);

	return (struct span){at->name, at->n};
}

uint32_t tally_size(const struct tally *tally)
{
	return tally->n;
}

uint64_t tally_lost(const struct tally *tally)
{
	return tally->lost;
}

struct sorting {
	const struct tally *tally;
	tally_compare_fn compare;
};

static int compare_rows(const void *a, const void *b, void *ctx)
{
	const struct sorting *s = ctx;

	return s->compare(s->tally, *(const uint32_t *)a, *(const uint32_t *)b);
}

uint32_t *tally_sorted(const struct tally *tally, tally_compare_fn compare)
{
	struct sorting s = {tally, compare};
	uint32_t *order = calloc((size_t)tally->n + 1, sizeof(*order));

	if (!order)
		abort();
	for (uint32_t i = 0; i < tally->n; i++)
		order[i] = i;
	qsort_r(order, tally->n, sizeof(*order), compare_rows, &s);
	return order;
}
