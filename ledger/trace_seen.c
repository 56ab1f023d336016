/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages that a trace may come to be about: all of a log, in as much
 * room as some hundred thousand take. It must never grow beyond that, however
 * many a log has, nor be slow for ids that a stranger chose.
 */
#include "ledger/trace_seen.h"

#include <stdlib.h>

#include "ledger/tally.h"

struct trace_table {
	struct trace_seen *rows;
	uint32_t n, room, most;
	uint32_t *heads; /* by hash: a row + 1, the newest of an id first */
	uint32_t mask;
	uint32_t oldest, newest; /* TRACE_NONE: there is none */
	uint64_t seed;
};

struct trace_table *trace_table_new(uint32_t most)
{
	struct trace_table *t = calloc(1, sizeof(*t));
	uint32_t heads = 1;

	while (heads < most)
		heads *= 2;
	if (!t || !(t->heads = calloc(heads, sizeof(*t->heads))))
		abort();
	t->mask = heads - 1;
	t->most = most;
	t->oldest = t->newest = TRACE_NONE;
	t->seed = tally_seed();
	return t;
}

void trace_table_free(struct trace_table **table)
{
	if (!*table)
		return;
	free((*table)->heads);
	free((*table)->rows);
	free(*table);
	*table = NULL;
}

static uint32_t *head_of(struct trace_table *t, struct span id)
{
	return &t->heads[tally_hash(id, t->seed) & t->mask];
}

static struct span id_of(const struct trace_seen *seen)
{
	return (struct span){seen->id, seen->id_n};
}

static void list_leave(struct trace_table *t, uint32_t i)
{
	struct trace_seen *s = &t->rows[i];

	if (s->older == TRACE_NONE)
		t->oldest = s->newer;
	else
		t->rows[s->older].newer = s->newer;
	if (s->newer == TRACE_NONE)
		t->newest = s->older;
	else
		t->rows[s->newer].older = s->older;
}

static void list_join(struct trace_table *t, uint32_t i)
{
	t->rows[i].older = t->newest;
	t->rows[i].newer = TRACE_NONE;
	if (t->newest == TRACE_NONE)
		t->oldest = i;
	else
		t->rows[t->newest].newer = i;
	t->newest = i;
}

uint32_t trace_table_find(struct trace_table *t, struct span id)
{
	uint32_t i;

	for (i = *head_of(t, id); i; i = t->rows[i - 1].next)
		if (span_same(id_of(&t->rows[i - 1]), id))
			break;
	if (!i)
		return TRACE_NONE;
	list_leave(t, i - 1);
	list_join(t, i - 1);
	return i - 1;
}

/* The row of the one that was quiet for longest, which goes. */
static uint32_t row_evict(struct trace_table *t)
{
	uint32_t i, *at;

	while (t->rows[t->oldest].wanted && !t->rows[t->oldest].removed) {
		i = t->oldest;
		list_leave(t, i);
		list_join(t, i);
	}
	i = t->oldest;
	at = head_of(t, id_of(&t->rows[i]));
	while (*at != i + 1)
		at = &t->rows[*at - 1].next;
	*at = t->rows[i].next;
	list_leave(t, i);
	return i;
}

static uint32_t row_take(struct trace_table *t)
{
	if (t->n == t->most)
		return row_evict(t);
	if (t->n == t->room) {
		t->room = t->room ? 2 * t->room : 1024;
		t->rows = reallocarray(t->rows, t->room, sizeof(*t->rows));
		if (!t->rows)
			abort();
	}
	return t->n++;
}

uint32_t trace_table_add(struct trace_table *t, struct span id, uint64_t line)
{
	uint32_t i = row_take(t), *head = head_of(t, id);
	struct trace_seen *s = &t->rows[i];

	*s = (struct trace_seen){.id_n = (uint8_t)id.n,
		.first = line,
		.last = UINT64_MAX,
		.peer = TRACE_NONE,
		.next = *head};
	memcpy(s->id, id.at, id.n);
	*head = i + 1;
	list_join(t, i);
	return i;
}

struct trace_seen *trace_table_at(struct trace_table *t, uint32_t i)
{
	return &t->rows[i];
}

uint32_t trace_table_size(const struct trace_table *t)
{
	return t->n;
}
