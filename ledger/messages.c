/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Open messages by queue id. Whoever can have lines written can have ids
 * written: those that are kept have a cap and an age. Their memory is taken at
 * the start and touched as it is needed. For pflogsumm's own way, which keeps
 * each id that it ever saw, a tally does.
 */
#include "ledger/messages.h"

#include <stdlib.h>

#include "ledger/tally.h"

/* Longer than any that Postfix makes (src/global/mail_queue.h). */
#define ID_MOST 31
#define NONE UINT32_MAX
#define HEADS_FIRST 1024

struct entry {
	uint32_t chain;	       /* the next with the same head, or free */
	uint32_t older, newer; /* by when they were last spoken of */
	uint32_t hash;
	int64_t seen;
	struct message message;
	uint8_t n;
	char id[ID_MOST];
};

struct messages {
	struct tally *kept; /* all of them, if none goes */
	uint64_t seed;
	int64_t age;
	uint32_t most, n, used, unused; /* used: entries ever touched */
	uint32_t oldest, newest, mask;
	uint32_t *heads; /* an entry's number + 1 */
	struct entry *entries;
	uint64_t evicted;
	uint64_t *changed, *told; /* by entry, a bit each; NULL: nobody asks */
};

struct messages *messages_new(uint32_t most, int64_t age)
{
	struct messages *m = calloc(1, sizeof(*m));
	if (!m)
		abort();
	m->most = most;
	m->age = age;
	m->oldest = m->newest = m->unused = NONE;
	if (!most) {
		m->kept = tally_new(
			offsetof(struct message, kept_to), TALLY_NONE);
		return m;
	}
	m->seed = tally_seed();
	m->mask = HEADS_FIRST - 1;
	m->heads = calloc(HEADS_FIRST, sizeof(*m->heads));
	m->entries = calloc(most, sizeof(*m->entries));
	if (!m->heads || !m->entries)
		abort();
	return m;
}

void messages_free(struct messages **messages)
{
	if (!*messages)
		return;
	tally_free(&(*messages)->kept);
	free((*messages)->changed);
	free((*messages)->told);
	free((*messages)->heads);
	free((*messages)->entries);
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

static void list_take_out(struct messages *m, const struct entry *e)
{
	if (e->older != NONE)
		m->entries[e->older].newer = e->newer;
	else
		m->oldest = e->newer;
	if (e->newer != NONE)
		m->entries[e->newer].older = e->older;
	else
		m->newest = e->older;
}

static void list_put_last(struct messages *m, uint32_t at)
{
	struct entry *e = &m->entries[at];

	e->older = m->newest;
	e->newer = NONE;
	if (m->newest != NONE)
		m->entries[m->newest].newer = at;
	else
		m->oldest = at;
	m->newest = at;
}

static void drop(struct messages *m, uint32_t at)
{
	struct entry *e = &m->entries[at];
	uint32_t *link = &m->heads[e->hash & m->mask];

	while (*link != at + 1)
		link = &m->entries[*link - 1].chain;
	*link = e->chain;
	list_take_out(m, e);
	e->chain = m->unused;
	e->n = 0;
	if (m->changed)
		bit_set(m->changed, at);
	m->unused = at;
	m->n--;
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
	for (at = m->oldest; at != NONE; at = m->entries[at].newer) {
		struct entry *e = &m->entries[at];

		e->chain = m->heads[e->hash & m->mask];
		m->heads[e->hash & m->mask] = at + 1;
	}
}

static uint32_t find(const struct messages *m, struct span id, uint32_t hash)
{
	uint32_t at;

	for (at = m->heads[hash & m->mask]; at; at = m->entries[at - 1].chain) {
		const struct entry *e = &m->entries[at - 1];

		if (e->hash == hash && e->n == id.n &&
			memcmp(e->id, id.at, id.n) == 0)
			return at - 1;
	}
	return NONE;
}

static uint32_t entry_new(struct messages *m, int64_t now)
{
	uint32_t at = m->unused;

	while (m->oldest != NONE &&
		(m->n == m->most ||
			m->entries[m->oldest].seen < now - m->age)) {
		drop(m, m->oldest);
		m->evicted++;
	}
	at = m->unused;
	if (at != NONE)
		m->unused = m->entries[at].chain;
	else
		at = m->used++;
	m->n++;
	return at;
}

static struct message *get_kept(struct messages *m, struct span id, bool make)
{
	uint32_t row = make ? tally_row(m->kept, id) : tally_find(m->kept, id);

	return row == TALLY_NONE ? NULL : tally_value(m->kept, row);
}

struct message *messages_get(
	struct messages *m, struct span id, bool make, int64_t now)
{
	uint32_t hash, at, *head;
	struct entry *e;

	if (m->kept)
		return get_kept(m, id, make);
	if (id.n > ID_MOST)
		id.n = ID_MOST;
	hash = (uint32_t)tally_hash(id, m->seed);
	at = find(m, id, hash);
	if (at == NONE && !make)
		return NULL;
	if (at == NONE) {
		at = entry_new(m, now);
		e = &m->entries[at];
		e->message = (struct message){0};
		e->n = (uint8_t)id.n;
		memcpy(e->id, id.at, id.n);
		e->hash = hash;
		if (m->n > m->mask)
			heads_grow(m);
		head = &m->heads[hash & m->mask];
		e->chain = *head;
		*head = at + 1;
		list_put_last(m, at);
	} else if (at != m->newest) {
		list_take_out(m, &m->entries[at]);
		list_put_last(m, at);
	}
	if (m->changed)
		bit_set(m->changed, at);
	m->entries[at].seen = now;
	return &m->entries[at].message;
}

void messages_remove(struct messages *m, struct span id)
{
	uint32_t at;

	if (m->kept)
		return;
	if (id.n > ID_MOST)
		id.n = ID_MOST;
	at = find(m, id, (uint32_t)tally_hash(id, m->seed));
	if (at != NONE)
		drop(m, at);
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
		const struct entry *e = &m->entries[at];

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
				e->seen);
		} else if (bit_take(m->told, at)) {
			fn(ctx, at, (struct span){"", 0}, NULL, 0);
		}
	}
}

uint32_t messages_size(const struct messages *m)
{
	return m->kept ? tally_size(m->kept) : m->n;
}

uint64_t messages_evicted(const struct messages *m)
{
	return m->evicted;
}

struct span messages_id(const struct messages *m, uint32_t i)
{
	return tally_name(m->kept, i);
}

struct message *messages_at(const struct messages *m, uint32_t i)
{
	return tally_value(m->kept, i);
}
