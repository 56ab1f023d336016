/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table behind the failure window, the ban list and the offenders: dense
 * records and an open-addressed index of their places. Nothing here may cost
 * more because of which keys an attacker chose.
 */
#include "jails/keytable.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/hash.h"
#include "lib/word.h"

#define ROOM_FIRST 64u
#define ROOM_KEPT 4096u
#define NEAR_MOST 128u /* bytes of a record that are brought near */
#define NEAR_SLOTS 4u  /* and in how many slots it is looked for */
/* Of an entry: the place + 1, and above it some bits of the hash, so that as a
 * rule no record is looked at but the one that is meant. */
#define PLACE 0x1fffffffu
/* How many records are looked at for one to evict. */
#define SAMPLE 16u

struct keytable {
	char *records;
	uint32_t *index; /* see index_entry; 0: free */
	uint32_t size, key_size;
	uint32_t n, room, most;
	uint32_t mask; /* of the index, whose length is a power of two */
	struct hash_seed seed;
};

uint32_t keytable_hash(
	const struct hash_seed *seed, const void *key, uint32_t key_size)
{
	return (uint32_t)hash_bytes(seed, key, key_size);
}

static uint32_t hash(const struct keytable *t, const void *key)
{
	return keytable_hash(&t->seed, key, t->key_size);
}

static void *map(size_t n)
{
	void *at = mmap(NULL, n, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static size_t index_bytes(const struct keytable *t)
{
	return ((size_t)t->mask + 1) * sizeof(*t->index);
}

void *keytable_at(const struct keytable *t, uint32_t at)
{
	return t->records + (size_t)at * t->size;
}

static uint32_t index_entry(uint32_t hashed, uint32_t at)
{
	return (hashed & ~PLACE) | (at + 1);
}

/* Puts a place into the index, where no equal key is. */
static void index_put(struct keytable *t, uint32_t at, uint32_t hashed)
{
	uint32_t slot = hashed & t->mask;

	while (t->index[slot])
		slot = (slot + 1) & t->mask;
	t->index[slot] = index_entry(hashed, at);
}

/* The slot of the index that points at this place. */
static uint32_t index_slot(const struct keytable *t, uint32_t at)
{
	uint32_t slot = hash(t, keytable_at(t, at)) & t->mask;

	while ((t->index[slot] & PLACE) != at + 1)
		slot = (slot + 1) & t->mask;
	return slot;
}

/* Empties a slot and moves up those behind it that it had displaced. */
static void index_cut(struct keytable *t, uint32_t hole)
{
	uint32_t slot = hole;

	for (;;) {
		uint32_t home;

		slot = (slot + 1) & t->mask;
		if (!t->index[slot])
			break;
		home = hash(t, keytable_at(t, (t->index[slot] & PLACE) - 1)) &
		       t->mask;
		if (((slot - home) & t->mask) < ((slot - hole) & t->mask))
			continue;
		t->index[hole] = t->index[slot];
		hole = slot;
	}
	t->index[hole] = 0;
}

struct keytable *keytable_new(uint32_t size, uint32_t key_size, uint32_t most,
	const struct hash_seed *seed)
{
	struct keytable *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->size = size;
	t->key_size = key_size;
	t->most = most;
	t->room = ROOM_FIRST;
	t->mask = 2 * ROOM_FIRST - 1;
	t->seed = *seed;
	t->records = map((size_t)t->room * size);
	t->index = map(index_bytes(t));
	if (!t->records || !t->index)
		keytable_free(&t);
	return t;
}

void keytable_free(struct keytable **table)
{
	struct keytable *t = *table;

	if (!t)
		return;
	if (t->records)
		munmap(t->records, (size_t)t->room * t->size);
	if (t->index)
		munmap(t->index, index_bytes(t));
	free(t);
	*table = NULL;
}

uint32_t keytable_count(const struct keytable *t)
{
	return t->n;
}

uint32_t keytable_most(const struct keytable *t)
{
	return t->most;
}

size_t keytable_memory(const struct keytable *t)
{
	return (size_t)t->room * t->size + index_bytes(t) + sizeof(*t);
}

uint32_t keytable_find(const struct keytable *t, const void *key)
{
	return t->n == 0 ? KEYTABLE_NONE
			 : keytable_find_hashed(t, key, hash(t, key));
}

uint32_t keytable_find_hashed(
	const struct keytable *t, const void *key, uint32_t hashed)
{
	uint32_t slot = hashed & t->mask;

	for (; t->index[slot]; slot = (slot + 1) & t->mask) {
		uint32_t at = (t->index[slot] & PLACE) - 1;

		if (t->index[slot] == index_entry(hashed, at) &&
			word_same(keytable_at(t, at), key, t->key_size))
			return at;
	}
	return KEYTABLE_NONE;
}

void keytable_expect(const struct keytable *t, uint32_t hashed)
{
	__builtin_prefetch(&t->index[hashed & t->mask]);
}

void keytable_near(const struct keytable *t, uint32_t hashed)
{
	for (uint32_t k = 0; k < NEAR_SLOTS; k++) {
		uint32_t entry = t->index[(hashed + k) & t->mask];
		uint32_t at = (entry & PLACE) - 1;

		if (!entry)
			return;
		if (entry != index_entry(hashed, at))
			continue;
		for (uint32_t i = 0; i < t->size && i < NEAR_MOST; i += 64)
			__builtin_prefetch((char *)keytable_at(t, at) + i);
		return;
	}
}

/* Makes the records' room twice or half as large. */
static bool records_resize(struct keytable *t, uint32_t room)
{
	void *at = mremap(t->records, (size_t)t->room * t->size,
		(size_t)room * t->size, MREMAP_MAYMOVE);

	if (at == MAP_FAILED)
		return false;
	t->records = at;
	t->room = room;
	return true;
}

static bool index_resize(struct keytable *t, uint32_t mask)
{
	size_t bytes = ((size_t)mask + 1) * sizeof(*t->index);
	uint32_t *made = map(bytes);

	if (!made)
		return false;
	munmap(t->index, index_bytes(t));
	t->index = made;
	t->mask = mask;
	for (uint32_t at = 0; at < t->n; at++)
		index_put(t, at, hash(t, keytable_at(t, at)));
	return true;
}

/* After a flood has passed, gives most of its memory back. */
static void shrink(struct keytable *t)
{
	if (t->room > ROOM_KEPT && t->n < t->room / 4)
		records_resize(t, t->room / 2);
	if (t->mask > 2 * ROOM_KEPT && t->n < t->mask / 8)
		index_resize(t, t->mask / 2);
}

uint32_t keytable_add(struct keytable *t, const void *key)
{
	return keytable_add_hashed(t, key, hash(t, key));
}

uint32_t keytable_add_hashed(
	struct keytable *t, const void *key, uint32_t hashed)
{
	char *record;

	if (t->n == t->most)
		return KEYTABLE_NONE;
	if (t->n == t->room && !records_resize(t, t->room * 2))
		return KEYTABLE_NONE;
	/* Up to 3/4 full: 5.3 to 10.7 bytes of index a record. */
	if (t->n >= t->mask / 4 * 3 && !index_resize(t, t->mask * 2 + 1))
		return KEYTABLE_NONE;
	record = keytable_at(t, t->n);
	memcpy(record, key, t->key_size);
	memset(record + t->key_size, 0, t->size - t->key_size);
	index_put(t, t->n, hashed);
	return t->n++;
}

bool keytable_remove(struct keytable *t, uint32_t at)
{
	uint32_t last = t->n - 1;

	index_cut(t, index_slot(t, at));
	if (at != last) {
		uint32_t *entry = &t->index[index_slot(t, last)];

		*entry = index_entry(*entry, at);
		memcpy(keytable_at(t, at), keytable_at(t, last), t->size);
	}
	t->n--;
	shrink(t);
	return at != last;
}

bool keytable_evict(struct keytable *t, uint32_t *hand, keytable_when_fn *when,
	const void *context)
{
	uint32_t pick = KEYTABLE_NONE;
	int64_t first = 0;

	for (uint32_t i = 0; i < SAMPLE && i < t->n; i++) {
		uint32_t at = (*hand)++ % t->n;
		int64_t time = when(context, keytable_at(t, at));

		if (pick == KEYTABLE_NONE || time < first) {
			pick = at;
			first = time;
		}
	}
	if (pick == KEYTABLE_NONE)
		return false;
	keytable_remove(t, pick);
	return true;
}

uint32_t keytable_expire(struct keytable *t, uint32_t *hand, int64_t before,
	uint32_t most, keytable_when_fn *when, const void *context)
{
	uint32_t gone = 0;

	for (; most > 0 && t->n > 0; most--) {
		uint32_t at = *hand % t->n;

		if (when(context, keytable_at(t, at)) < before) {
			/* The last record is here now: look again. */
			keytable_remove(t, at);
			gone++;
		} else {
			*hand = at + 1;
		}
	}
	return gone;
}
