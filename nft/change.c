/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a mixed list of changes to the fewest messages: sorted by set, twins
 * joined, one transaction. Whatever single element the kernel refuses, the
 * others must get in.
 */
#include "nft/change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "nft/batch.h"
#include "nft/set.h"
#include "nft/socket.h"

#define ROOM_MOST (1u << 15)
/* So many single refusals in one transaction, then the rest is refused too. */
#define REFUSALS_MOST 128
/* An element may expire between two messages of ours. */
#define RACES_MOST 3

#define SETS_MOST (LAYOUT_JAILS_MOST * SET_JAIL_KINDS)

/* The lists of entries by set. */
struct sets {
	int32_t head[SETS_MOST], tail[SETS_MOST];
	uint16_t used[SETS_MOST];
	size_t n;
};

int change_init(struct change *c, size_t room)
{
	*c = (struct change){.room = room};
	c->entries = calloc(room, sizeof(*c->entries));
	c->elements = calloc(room, sizeof(*c->elements));
	c->origins = calloc(room, sizeof(*c->origins));
	if (getrandom(&c->seed, sizeof(c->seed), 0) != sizeof(c->seed) ||
		room > ROOM_MOST || !c->entries || !c->elements ||
		!c->origins || !slots_begin(&c->slots, (uint32_t)room)) {
		change_deinit(c);
		return -ENOMEM;
	}
	return 0;
}

void change_deinit(struct change *c)
{
	free(c->entries);
	free(c->elements);
	free(c->origins);
	slots_free(&c->slots);
	*c = (struct change){0};
}

void change_clear(struct change *c)
{
	c->n = 0;
}

void change_put(struct change *c, const struct change_entry *entry)
{
	c->entries[c->n++] = *entry;
}

static uint32_t hash_of(const struct change *c, const struct change_entry *e)
{
	const struct prefix *p = &e->element.prefix;

	return (uint32_t)hash_bytes(&c->seed, p->net.ip, sizeof(p->net.ip)) +
	       e->jail + ((uint32_t)p->len << 16);
}

static bool same_place(
	const struct change_entry *x, const struct change_entry *y)
{
	return x->jail == y->jail && x->rush == y->rush &&
	       x->element.prefix.len == y->element.prefix.len &&
	       addr_equal(&x->element.prefix.net, &y->element.prefix.net);
}

/* The entry before this one, i, about its place: from now on this one. */
static struct change_entry *find_twin(struct change *c, uint32_t i)
{
	uint32_t hash = hash_of(c, &c->entries[i]), at = hash, row;

	while ((row = slots_next(&c->slots, hash, &at)) != SLOTS_NONE)
		if (same_place(&c->entries[row], &c->entries[i])) {
			slots_replace(&c->slots, at, i);
			return &c->entries[row];
		}
	slots_put(&c->slots, hash, i);
	return NULL;
}

/* Of entries about one place the last one counts. */
static void join_twins(struct change *c)
{
	for (size_t i = 0; i < c->n; i++)
		c->entries[i].same_as = -1;
	/* There is memory for all that it has room for. */
	slots_begin(&c->slots, (uint32_t)c->n);
	for (size_t i = 0; i < c->n; i++) {
		struct change_entry *e = &c->entries[i], *twin;

		twin = e->error ? NULL : find_twin(c, (uint32_t)i);
		if (!twin)
			continue;
		twin->same_as = (int32_t)i;
		e->refresh |= twin->refresh;
	}
}

static size_t set_of(const struct change_entry *e)
{
	const struct prefix *p = &e->element.prefix;

	return e->jail * SET_JAIL_KINDS +
	       (e->rush ? set_rush_of(p) : set_kind_of(p));
}

static void sort_by_set(struct change *c, struct sets *sets)
{
	memset(sets->head, 0xff, sizeof(sets->head));
	sets->n = 0;
	for (size_t i = 0; i < c->n; i++) {
		struct change_entry *e = &c->entries[i];
		size_t set = set_of(e);

		e->next = -1;
		if (e->error || e->same_as >= 0 || (e->held && !e->refresh))
			continue;
		if (sets->head[set] < 0) {
			sets->used[sets->n++] = (uint16_t)set;
			sets->head[set] = (int32_t)i;
		} else {
			c->entries[sets->tail[set]].next = (int32_t)i;
		}
		sets->tail[set] = (int32_t)i;
	}
}

/* The elements of one set, those to be refreshed first; returns how many. */
static size_t take_elements(
	struct change *c, int32_t head, size_t at, size_t *refreshed)
{
	size_t n = 0;

	for (int refresh = 1; refresh >= 0; refresh--) {
		for (int32_t i = head; i >= 0; i = c->entries[i].next) {
			if (c->entries[i].refresh != (refresh == 1))
				continue;
			c->elements[at + n] = c->entries[i].element;
			c->origins[at + n] = (uint32_t)i;
			n++;
		}
		if (refresh == 1)
			*refreshed = n;
	}
	return n;
}

/* What a first try that failed has taught about the elements. */
struct lesson {
	bool missing; /* some that are to be removed are not there */
	bool there;   /* some that are to be refreshed are */
};

/*
 * A kernel before 6.12 leaves the time of an element that is there as it is,
 * so that one is added (in case it is not there), deleted and added. Nearly
 * always it is not there: a host is first tried as a new one.
 */
static void put_adds(struct batch *b, enum set_kind kind, const char *name,
	const struct element *e, size_t again, size_t n, uint32_t tag,
	const struct lesson *lesson)
{
	if (!lesson->there && !set_is_interval(kind)) {
		element_put_new(b, kind, name, e, again, tag);
		element_put_add(b, kind, name, e + again, n - again,
			tag + (uint32_t)again);
		return;
	}
	element_put_add(b, kind, name, e, again, tag);
	element_put_delete(b, kind, name, e, again, tag);
	element_put_add(b, kind, name, e, n, tag);
}

/* The first `out` of the n are in their ban set already. */
static void put_moves(struct batch *b, enum set_kind rush, const char *jail,
	const struct element *e, size_t out, size_t n, uint32_t tag)
{
	enum set_kind ban = rush == SET_RUSH4 ? SET_BAN4 : SET_BAN6;
	char name[SET_NAME];

	element_put_delete(b, rush, set_name(name, rush, jail), e, n, tag);
	element_put_add(b, ban, set_name(name, ban, jail), e + out, n - out,
		tag + (uint32_t)out);
}

static void build(struct change *c, enum change_verb verb,
	const struct lesson *lesson, struct batch *b,
	const struct layout *layout, const struct sets *sets)
{
	char name[SET_NAME];
	size_t at = 0;

	batch_begin(b, 0);
	for (size_t i = 0; i < sets->n; i++) {
		enum set_kind kind =
			(enum set_kind)(sets->used[i] % SET_JAIL_KINDS);
		const struct element *e = c->elements + at;
		uint32_t tag = (uint32_t)at;
		const char *jail =
			layout->jails[sets->used[i] / SET_JAIL_KINDS].name;
		size_t again;
		size_t n =
			take_elements(c, sets->head[sets->used[i]], at, &again);

		set_name(name, kind, jail);
		if (verb == CHANGE_MOVE) {
			put_moves(b, kind, jail, e, again, n, tag);
		} else if (verb == CHANGE_ADD) {
			put_adds(b, kind, name, e, again, n, tag, lesson);
		} else {
			if (lesson->missing)
				element_put_add(b, kind, name, e, n, tag);
			element_put_delete(b, kind, name, e, n, tag);
		}
		at += n;
	}
	c->placed = at;
}

void change_refuse(struct change *c, int error)
{
	for (size_t i = 0; i < c->n; i++)
		if (!c->entries[i].error)
			c->entries[i].error = error;
}

/* A full set takes none of those that come after this element either. */
static void refuse_later(struct change *c, uint32_t tag, int error)
{
	size_t set = set_of(&c->entries[c->origins[tag]]);

	for (size_t i = tag + 1; i < c->placed; i++) {
		struct change_entry *e = &c->entries[c->origins[i]];

		if (set_of(e) != set)
			return;
		e->error = error;
	}
}

/* What became of an entry became of its earlier twins. */
static void tell_twins(struct change *c)
{
	for (size_t i = c->n; i-- > 0;)
		if (c->entries[i].same_as >= 0)
			c->entries[i].error =
				c->entries[c->entries[i].same_as].error;
}

static int commit(struct change *c, enum change_verb verb, struct nft_socket *s,
	struct batch *b, const struct layout *layout, struct sets *sets)
{
	int races = 0, refusals = 0, rc;
	struct lesson lesson = {0};
	struct nft_fault fault;
	uint32_t tag;

	for (;; c->retries++) {
		struct change_entry *e;

		sort_by_set(c, sets);
		build(c, verb, &lesson, b, layout, sets);
		c->transactions += b->count > 0;
		rc = nft_socket_commit(s, b, &fault);
		if (rc == 0)
			return 0;
		if (rc == -EEXIST && verb == CHANGE_ADD && !lesson.there) {
			lesson.there = true;
			continue;
		}
		if (!element_of_fault(b, &fault, &tag))
			break;
		if (rc == -ENOENT && verb == CHANGE_REMOVE && !lesson.missing) {
			/* Adding them first makes up for all at once. */
			lesson.missing = true;
			continue;
		}
		if (rc == -ENOENT && verb != CHANGE_MOVE &&
			races++ < RACES_MOST)
			continue;
		if (++refusals > REFUSALS_MOST)
			break;
		e = &c->entries[c->origins[tag]];
		e->error = rc;
		if (rc == -ENFILE)
			refuse_later(c, tag, rc);
	}
	if (refusals <= REFUSALS_MOST)
		return rc;
	change_refuse(c, rc);
	return 0;
}

int change_commit(struct change *c, enum change_verb verb, struct nft_socket *s,
	struct batch *b, const struct layout *layout)
{
	struct sets *sets = malloc(sizeof(*sets));
	int rc;

	if (!sets)
		return -ENOMEM;
	join_twins(c);
	rc = commit(c, verb, s, b, layout, sets);
	tell_twins(c);
	free(sets);
	return rc;
}
