/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Open messages by queue id. Whoever can have lines written can have ids
 * written: those that are kept have a cap and an age. Their memory is taken at
 * the start and touched as it is needed. For pflogsumm's own way, which keeps
 * each id that it ever saw, there is kept.c.
 *
 * Half of a log's lines look for a message, and most that look do so within a
 * moment of each other: an entry is a single line of the processor's cache,
 * and its place among those that are quiet is looked after once a minute.
 */
#include "ledger/messages.h"

#include <stdlib.h>

#include "ledger/kept.h"
#include "lib/clock.h"

/* As long as any that Postfix makes (src/global/mail_queue.h). */
#define ID_MOST 23
#define NONE UINT32_MAX
#define HEADS_FIRST 1024
#define LINE 64 /* of a cache */
#define MINUTE (60 * CLOCK_SECOND)

struct entry {
	char id[ID_MOST];
	uint8_t n;
	uint32_t chain; /* the next with the same head, or free */
	struct message message;
	uint32_t older, newer; /* by when they were last spoken of */
	int32_t seen;	       /* minutes since 1970 */
};

_Static_assert(sizeof(struct entry) <= LINE, "an entry is one line");

/* What takes no room in the entry, so that it ends where a line does. */
union place {
	struct entry entry;
	char line[LINE];
};

struct messages {
	struct kept *kept; /* all of them, if none goes */
	uint64_t seed;
	int64_t age;			/* minutes */
	uint32_t most, n, used, unused; /* used: entries ever touched */
	uint32_t oldest, newest, mask;
	uint32_t *heads; /* an entry's number + 1 */
	union place *places;
	uint64_t *changed, *told; /* by entry, a bit each; NULL: nobody asks */
};

struct messages *messages_new(uint32_t most, int64_t age)
{
	struct messages *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->most = most;
	m->age = age / MINUTE;
	m->oldest = m->newest = m->unused = NONE;
	if (!most) {
		m->kept = kept_new();
		return m;
	}
	m->seed = tally_seed();
	m->mask = HEADS_FIRST - 1;
	m->heads = calloc(HEADS_FIRST, sizeof(*m->heads));
	m->places = aligned_alloc(LINE, most * sizeof(*m->places));
	if (!m->heads || !m->places)
		abort();
	return m;
}

void messages_free(struct messages **messages)
{
	if (!*messages)
		return;
	kept_free(&(*messages)->kept);
	free((*messages)->changed);
	free((*messages)->told);
	free((*messages)->heads);
	free((*messages)->places);
	free(*messages);
	*messages = NULL;
}

static void bit_set(uint64_t *bits, uint32_t at)
{
	bits[at / 64] |= UINT64_C(1) << at % 64;
}

static bool bit_take(uint64_t *bits, uint32_t at)
{
	uint64_t bit = UINT64_C(1) << at % 64;
	bool set = (bits[at / 64] & bit) != 0;

	bits[at / 64] &= ~bit;
	return set;
}

static struct entry *entry_at(const struct messages *m, uint32_t at)
{
	return &m->places[at].entry;
}

static uint32_t *head_of(const struct messages *m, const struct entry *e)
{
	struct span id = {e->id, e->n};

	return &m->heads[tally_hash(id, m->seed) & m->mask];
}

static void list_take_out(struct messages *m, const struct entry *e)
{
	if (e->older != NONE)
		entry_at(m, e->older)->newer = e->newer;
	else
		m->oldest = e->newer;
	if (e->newer != NONE)
		entry_at(m, e->newer)->older = e->older;
	else
		m->newest = e->older;
}

static void list_put_last(struct messages *m, uint32_t at)
{
	struct entry *e = entry_at(m, at);

	e->older = m->newest;
	e->newer = NONE;
	if (m->newest != NONE)
		entry_at(m, m->newest)->newer = at;
	else
		m->oldest = at;
	m->newest = at;
}

/* link: what leads to it. */
static void take_out(struct messages *m, uint32_t *link)
{
	uint32_t at = *link - 1;
	struct entry *e = entry_at(m, at);

	*link = e->chain;
	list_take_out(m, e);
	e->chain = m->unused;
	e->n = 0;
	if (m->changed)
		bit_set(m->changed, at);
	m->unused = at;
	m->n--;
}

static void drop_oldest(struct messages *m)
{
	const struct entry *e = entry_at(m, m->oldest);
	uint32_t *link = head_of(m, e);

	while (*link != m->oldest + 1)
		link = &entry_at(m, *link - 1)->chain;
	take_out(m, link);
}

/* As many heads as messages, so that a chain is short. */
static void heads_grow(struct messages *m)
{
	uint32_t heads = 2 * (m->mask + 1), at;

	free(m->heads);
	m->heads = calloc(heads, sizeof(*m->heads));
	if (!m->heads)
		abort();
	m->mask = heads - 1;
	for (at = m->oldest; at != NONE; at = entry_at(m, at)->newer) {
		struct entry *e = entry_at(m, at);
		uint32_t *head = head_of(m, e);

		e->chain = *head;
		*head = at + 1;
	}
}

/* What leads to the entry of that id, or to none. */
static uint32_t *find(const struct messages *m, struct span id, uint64_t hash)
{
	uint32_t *link = &m->heads[hash & m->mask];

	while (*link) {
		struct entry *e = entry_at(m, *link - 1);

		if (span_same((struct span){e->id, e->n}, id))
			break;
		link = &e->chain;
	}
	return link;
}

static uint32_t entry_new(struct messages *m, int32_t now)
{
	uint32_t at;

	while (m->oldest != NONE &&
		(m->n == m->most ||
			entry_at(m, m->oldest)->seen < now - m->age))
		drop_oldest(m);
	at = m->unused;
	if (at != NONE)
		m->unused = entry_at(m, at)->chain;
	else
		at = m->used++;
	m->n++;
	return at;
}

static uint32_t entry_make(
	struct messages *m, struct span id, uint64_t hash, int32_t now)
{
	uint32_t at = entry_new(m, now), *head;
	struct entry *e = entry_at(m, at);

	if (m->n > m->mask)
		heads_grow(m);
	*e = (struct entry){.n = (uint8_t)id.n, .seen = now};
	memcpy(e->id, id.at, id.n);
	head = &m->heads[hash & m->mask];
	e->chain = *head;
	*head = at + 1;
	list_put_last(m, at);
	return at;
}

/* Too long for Postfix: two that only differ there are one. */
static struct span cut_id(struct span id)
{
	return (struct span){id.at, id.n > ID_MOST ? ID_MOST : id.n};
}

struct messages_key messages_key(const struct messages *m)
{
	return (struct messages_key){m->seed, m->kept ? 0 : ID_MOST};
}

struct message *messages_get(
	struct messages *m, struct span id, bool make, int64_t now)
{
	return messages_get_by(
		m, id, messages_hash(messages_key(m), id), make, now);
}

struct message *messages_get_by(struct messages *m, struct span id,
	uint64_t hash, bool make, int64_t now)
{
	int32_t minute = (int32_t)(now / MINUTE);
	struct entry *e;
	uint32_t at;

	if (m->kept)
		return kept_get(m->kept, id, make);
	id = cut_id(id);
	at = *find(m, id, hash);
	if (!at && !make)
		return NULL;
	at = at ? at - 1 : entry_make(m, id, hash, minute);
	e = entry_at(m, at);
	if (e->seen != minute && at != m->newest) {
		list_take_out(m, e);
		list_put_last(m, at);
	}
	if (m->changed)
		bit_set(m->changed, at);
	e->seen = minute;
	return &e->message;
}

void messages_remove(struct messages *m, struct span id)
{
	messages_remove_by(m, id, messages_hash(messages_key(m), id));
}

void messages_remove_by(struct messages *m, struct span id, uint64_t hash)
{
	uint32_t *link;

	if (m->kept)
		return;
	link = find(m, cut_id(id), hash);
	if (*link)
		take_out(m, link);
}

void messages_watch(struct messages *m)
{
	m->changed = calloc(m->most / 64 + 1, sizeof(*m->changed));
	m->told = calloc(m->most / 64 + 1, sizeof(*m->told));
	if (!m->changed || !m->told)
		abort();
}

void messages_changed(struct messages *m, bool all, messages_fn fn, void *ctx)
{
	for (uint32_t at = 0; at < m->used; at++) {
		const struct entry *e = entry_at(m, at);

		/* Whole words of none are most of them. */
		if (!all && !m->changed[at / 64]) {
			at |= 63;
			continue;
		}
		if (!bit_take(m->changed, at) && !all)
			continue;
		if (e->n) {
			bit_set(m->told, at);
			fn(ctx, at, (struct span){e->id, e->n}, &e->message,
				e->seen * MINUTE);
		} else if (bit_take(m->told, at)) {
			fn(ctx, at, (struct span){"", 0}, NULL, 0);
		}
	}
}

void messages_each(struct messages *m,
	void (*fn)(void *ctx, struct span id, struct message *message),
	void *ctx)
{
	for (uint32_t at = 0; at < m->used; at++) {
		struct entry *e = entry_at(m, at);

		if (e->n)
			fn(ctx, (struct span){e->id, e->n}, &e->message);
	}
}

uint32_t messages_size(const struct messages *m)
{
	return m->kept ? kept_size(m->kept) : m->n;
}
