/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts by name. The names come out of a log, so whoever writes to the log
 * chooses them: their number has a cap, and the hash a secret, so that nobody
 * can make them all collide. Rows never move out of their order, so that a
 * row's number is as good as a pointer.
 *
 * Hardly two lines in turn name the same: a row is its value and, in the same
 * line of the processor's cache, four bytes that say where its name is.
 */
#include "ledger/tally.h"

#include <stdlib.h>
#include <sys/random.h>

#include "lib/slots.h"
#include "lib/clock.h"

#define ROWS_FIRST 16
#define BLOCK                                                          \
	65536 /* bytes for names: what the lower half of a place tells \
	       */
#define BLOCK_ROOM (BLOCK - 64) /* with what malloc() adds: whole pages */
#define BLOCK_FIRST 1024	/* a small table needs no whole one */
#define LONG 255		/* in the place of a length: it stands behind */

struct tally {
	uint64_t seed;
	size_t size; /* of a value */
	uint32_t n, room, most;
	struct slots slots;
	size_t row; /* bytes of one: the value, and a place: a block's number,
		       where in it */
	char *rows;
	char **blocks;
	uint32_t n_blocks;
	size_t left, used; /* bytes of the newest block */
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

struct tally *tally_new(size_t value, uint32_t most)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	if (!tally)
		abort();
	tally->seed = tally_seed();
	tally->size = value;
	/* A value is aligned as it would be without the place. */
	tally->row =
		value + sizeof(uint32_t) * (value % 8 == 0 && value ? 2 : 1);
	tally->most = most < TALLY_MOST ? most : TALLY_MOST;
	return tally;
}

void tally_free(struct tally **tally)
{
	if (!*tally)
		return;
	for (uint32_t i = 0; i < (*tally)->n_blocks; i++)
		free((*tally)->blocks[i]);
	free((*tally)->blocks);
	slots_free(&(*tally)->slots);
	free((*tally)->rows);
	free(*tally);
	*tally = NULL;
}

static uint32_t place_of(const struct tally *tally, uint32_t row)
{
	uint32_t place;

	memcpy(&place, tally->rows + row * tally->row + tally->size,
		sizeof(place));
	return place;
}

struct span tally_name(const struct tally *tally, uint32_t row)
{
	uint32_t place = place_of(tally, row), n;
	const char *at = tally->blocks[place / BLOCK] + place % BLOCK;

	if ((unsigned char)*at < LONG)
		return (struct span){at + 1, (unsigned char)*at};
	memcpy(&n, at + 1, sizeof(n));
	return (struct span){at + 1 + sizeof(n), n};
}

static uint32_t hash_of(const struct tally *tally, struct span name)
{
	return (uint32_t)tally_hash(name, tally->seed);
}

static void slots_anew(struct tally *tally)
{
	slots_grow(&tally->slots);
	for (uint32_t i = 0; i < tally->n; i++)
		slots_put(
			&tally->slots, hash_of(tally, tally_name(tally, i)), i);
}

static void rows_grow(struct tally *tally)
{
	tally->room = tally->room ? 2 * tally->room : ROWS_FIRST;
	tally->rows = reallocarray(tally->rows, tally->room, tally->row);
	if (!tally->rows)
		abort();
}

static void block_new(struct tally *tally, size_t need)
{
	size_t room = need > BLOCK / 4 ? need : BLOCK_ROOM;

	if (!tally->n_blocks && need <= BLOCK_FIRST)
		room = BLOCK_FIRST;
	tally->blocks = reallocarray(tally->blocks, (size_t)tally->n_blocks + 1,
		sizeof(*tally->blocks));
	if (!tally->blocks || !(tally->blocks[tally->n_blocks] = malloc(room)))
		abort();
	tally->n_blocks++;
	tally->used = 0;
	tally->left = room;
}

/* Where it is kept; false if there is no more to be had. */
static bool name_keep(struct tally *tally, struct span name, uint32_t *place)
{
	uint32_t n = (uint32_t)name.n;
	size_t need = 1 + (n < LONG ? 0 : sizeof(n)) + n;
	char *to;

	if (need > tally->left) {
		if (tally->n_blocks == BLOCK)
			return false;
		block_new(tally, need);
	}
	*place = (tally->n_blocks - 1) * BLOCK + (uint32_t)tally->used;
	to = tally->blocks[tally->n_blocks - 1] + tally->used;
	*to++ = (char)(n < LONG ? n : LONG);
	if (n >= LONG) {
		memcpy(to, &n, sizeof(n));
		to += sizeof(n);
	}
	memcpy(to, name.at, n);
	tally->used += need;
	tally->left -= need;
	return true;
}

/* The row of the name, whose hash that is; TALLY_NONE if there is none. */
static uint32_t find(const struct tally *tally, struct span name, uint32_t hash)
{
	uint32_t at = hash, row;

	while ((row = slots_next(&tally->slots, hash, &at)) != SLOTS_NONE)
		if (span_same(tally_name(tally, row), name))
			return row;
	return TALLY_NONE;
}

uint32_t tally_row(struct tally *tally, struct span name)
{
	uint32_t hash = hash_of(tally, name), row = find(tally, name, hash);
	uint32_t place;

	if (row != TALLY_NONE)
		return row;
	if (tally->n < tally->most && tally->n == tally->room)
		rows_grow(tally);
	if (tally->n >= tally->most || !name_keep(tally, name, &place)) {
		tally->lost++;
		return TALLY_NONE;
	}
	if (slots_full(&tally->slots, tally->n))
		slots_anew(tally);
	row = tally->n++;
	memset(tally->rows + row * tally->row, 0, tally->size);
	memcpy(tally->rows + row * tally->row + tally->size, &place,
		sizeof(place));
	slots_put(&tally->slots, hash, row);
	return row;
}

uint32_t tally_find(const struct tally *tally, struct span name)
{
	return find(tally, name, hash_of(tally, name));
}

void *tally_value(const struct tally *tally, uint32_t row)
{
	return tally->rows + row * tally->row;
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
