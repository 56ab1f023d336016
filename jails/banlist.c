/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bans in force, in a table, and a binary heap of their ends. A ban knows
 * its place in the heap and the heap the ban's place in the table; whoever
 * moves one tells the other.
 */
#include "jails/banlist.h"

#include <stdlib.h>

#include "jails/keytable.h"

struct key {
	struct addr net;
	uint16_t jail;
	uint8_t len;
	uint8_t zero;
};

struct record {
	struct key key;
	uint32_t count;
	int64_t start, end;
	uint32_t heap; /* where in the heap */
	uint16_t reason, unused;
};

_Static_assert(sizeof(struct record) == 48, "no padding");

struct banlist {
	struct keytable *table;
	uint32_t *heap; /* places in the table; [0] ends first */
	uint32_t heap_room;
	uint32_t *sizes; /* bans of each jail */
	uint16_t jails_n;
	uint64_t refused;
};

struct banlist *banlist_new(
	uint32_t most, uint16_t jails, const struct hash_seed *seed)
{
	struct banlist *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->jails_n = jails;
	l->sizes = calloc((size_t)jails + 1, sizeof(*l->sizes));
	l->table = keytable_new(
		sizeof(struct record), sizeof(struct key), most, seed);
	if (!l->sizes || !l->table)
		banlist_free(&l);
	return l;
}

void banlist_free(struct banlist **list)
{
	struct banlist *l = *list;

	if (!l)
		return;
	keytable_free(&l->table);
	free(l->heap);
	free(l->sizes);
	free(l);
	*list = NULL;
}

static struct key key_of(const struct prefix *who, uint16_t jail)
{
	return (struct key){.net = who->net, .jail = jail, .len = who->len};
}

static struct record *record_at(const struct banlist *l, uint32_t at)
{
	return keytable_at(l->table, at);
}

static struct ban ban_of(const struct record *r)
{
	return (struct ban){
		.who = {.net = r->key.net, .len = r->key.len},
		.jail = r->key.jail,
		.reason = r->reason,
		.count = r->count,
		.start = r->start,
		.end = r->end,
	};
}

/* ---- the heap ---- */

static void heap_set(struct banlist *l, uint32_t place, uint32_t at)
{
	l->heap[place] = at;
	record_at(l, at)->heap = place;
}

static int64_t heap_end(const struct banlist *l, uint32_t place)
{
	return record_at(l, l->heap[place])->end;
}

static void heap_up(struct banlist *l, uint32_t place)
{
	uint32_t at = l->heap[place];
	int64_t end = record_at(l, at)->end;

	while (place > 0 && heap_end(l, (place - 1) / 2) > end) {
		heap_set(l, place, l->heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	heap_set(l, place, at);
}

static void heap_down(struct banlist *l, uint32_t place, uint32_t n)
{
	uint32_t at = l->heap[place];
	int64_t end = record_at(l, at)->end;

	for (;;) {
		uint32_t child = 2 * place + 1;

		if (child >= n)
			break;
		if (child + 1 < n &&
			heap_end(l, child + 1) < heap_end(l, child))
			child++;
		if (heap_end(l, child) >= end)
			break;
		heap_set(l, place, l->heap[child]);
		place = child;
	}
	heap_set(l, place, at);
}

static bool heap_room(struct banlist *l)
{
	uint32_t n = keytable_count(l->table), room;
	uint32_t *heap;

	if (n < l->heap_room)
		return true;
	room = l->heap_room ? l->heap_room * 2 : 64;
	heap = reallocarray(l->heap, room, sizeof(*heap));
	if (!heap)
		return false;
	l->heap = heap;
	l->heap_room = room;
	return true;
}

/* ---- the list ---- */

enum banlist_added banlist_add(struct banlist *l, const struct ban *ban)
{
	struct key key = key_of(&ban->who, ban->jail);
	uint32_t at = keytable_find(l->table, &key), n;
	bool fresh = at == KEYTABLE_NONE;
	struct record *r;

	if (fresh) {
		n = keytable_count(l->table);
		if (!heap_room(l) ||
			(at = keytable_add(l->table, &key)) == KEYTABLE_NONE) {
			l->refused++;
			return BANLIST_FULL;
		}
		heap_set(l, n, at);
		l->sizes[ban->jail]++;
	}
	r = record_at(l, at);
	r->reason = ban->reason;
	r->count = ban->count;
	r->start = ban->start;
	r->end = ban->end;
	heap_up(l, r->heap);
	heap_down(l, r->heap, keytable_count(l->table));
	return fresh ? BANLIST_NEW : BANLIST_RENEWED;
}

static void remove_at(struct banlist *l, uint32_t at)
{
	uint32_t n = keytable_count(l->table), hole = record_at(l, at)->heap;

	l->sizes[record_at(l, at)->key.jail]--;
	if (hole != n - 1) {
		heap_set(l, hole, l->heap[n - 1]);
		heap_up(l, hole);
		heap_down(l, hole, n - 1);
	}
	if (keytable_remove(l->table, at))
		l->heap[record_at(l, at)->heap] = at;
}

bool banlist_find(const struct banlist *l, const struct prefix *who,
	uint16_t jail, struct ban *out)
{
	struct key key = key_of(who, jail);
	uint32_t at = keytable_find(l->table, &key);

	if (at == KEYTABLE_NONE)
		return false;
	if (out)
		*out = ban_of(record_at(l, at));
	return true;
}

bool banlist_remove(struct banlist *l, const struct prefix *who, uint16_t jail,
	struct ban *out)
{
	struct key key = key_of(who, jail);
	uint32_t at = keytable_find(l->table, &key);

	if (at == KEYTABLE_NONE)
		return false;
	if (out)
		*out = ban_of(record_at(l, at));
	remove_at(l, at);
	return true;
}

int64_t banlist_next_end(const struct banlist *l)
{
	return keytable_count(l->table) ? heap_end(l, 0) : BAN_FOREVER;
}

uint32_t banlist_expire(struct banlist *l, int64_t now, uint32_t most,
	banlist_fn *fn, void *context)
{
	uint32_t gone = 0;

	while (gone < most && banlist_next_end(l) <= now &&
		banlist_next_end(l) != BAN_FOREVER) {
		struct ban ban = ban_of(record_at(l, l->heap[0]));

		remove_at(l, l->heap[0]);
		gone++;
		if (fn)
			fn(context, &ban);
	}
	return gone;
}

uint32_t banlist_size(const struct banlist *l)
{
	return keytable_count(l->table);
}

uint32_t banlist_size_of(const struct banlist *l, uint16_t jail)
{
	return jail < l->jails_n ? l->sizes[jail] : 0;
}

uint64_t banlist_refused(const struct banlist *l)
{
	return l->refused;
}

size_t banlist_memory(const struct banlist *l)
{
	return keytable_memory(l->table) + l->heap_room * sizeof(*l->heap) +
	       sizeof(*l);
}

void banlist_each(
	const struct banlist *l, uint16_t jail, banlist_fn *fn, void *context)
{
	for (uint32_t at = 0; at < keytable_count(l->table); at++) {
		struct ban ban = ban_of(record_at(l, at));

		if (jail == BANLIST_ALL || jail == ban.jail)
			fn(context, &ban);
	}
}
