/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which lines of a log belong to a message. The first pass, here, learns which
 * messages are meant, and where in the log each begins and ends, for an id is
 * used again when its message is gone; the second (trace_steps.c) takes their
 * lines. Strangers write much of those lines: what they say of other messages
 * is believed only of ids that this log has, and only from a server on this
 * host.
 */
#include "ledger/trace.h"

#include <stdlib.h>
#include <strings.h>

#include "ledger/trace_parts.h"

#define SEEN_MOST 262144

struct trace *trace_new(struct span query, struct span name, uint32_t most)
{
	struct trace *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	if (query.n > 2 && *query.at == '<' && query.at[query.n - 1] == '>')
		query = (struct span){query.at + 1, query.n - 2};
	t->query = query;
	t->name = name;
	t->seen = trace_table_new(most ? most : SEEN_MOST);
	t->ids = tally_new(sizeof(uint32_t), TRACE_MESSAGES);
	t->message_ids = tally_new(sizeof(uint32_t), TRACE_MESSAGES);
	t->seed = tally_seed();
	return t;
}

void trace_free(struct trace **trace)
{
	struct trace *t = *trace;

	if (!t)
		return;
	for (uint32_t i = 0; i < t->n_steps; i++)
		free((char *)t->steps[i].line.text);
	free(t->steps);
	tally_free(&t->message_ids);
	tally_free(&t->ids);
	free(t->wanted);
	trace_table_free(&t->seen);
	free(t);
	*trace = NULL;
}

struct span trace_queue(const struct record *r)
{
	const char *colon;

	if (r->kind == RECORD_WARNING || r->kind == RECORD_FATAL) {
		colon = span_char(r->rest, ':');
		if (!colon || colon - r->rest.at > TRACE_ID_MOST)
			return SPAN("");
		return span_between(r->rest.at, colon);
	}
	if (SPAN_IS(r->queue, "NOQUEUE") || r->queue.n > TRACE_ID_MOST)
		return SPAN("");
	return r->queue;
}

struct span trace_queued_as(const struct record *r)
{
	const char *p = SPAN_LAST(r->rest, "queued as ");
	struct span id;
	size_t n = 0;

	if (!p)
		return SPAN("");
	id = span_from(r->rest, p + 10);
	while (n < id.n && id.at[n] != ')' && !byte_is_space(id.at[n]))
		n++;
	return (struct span){id.at, n};
}

/* "sender non-delivery notification: ID", and its like (bounce(8)). */
static struct span notice_of(const struct record *r)
{
	struct span in = r->log;
	const char *p = SPAN_LAST(in, " notification: ");

	if (r->kind != RECORD_IDLE || !SPAN_IS(r->program, "bounce") || !p)
		return SPAN("");
	return span_from(in, p + 15);
}

/* A server on this host: a content filter. */
static bool is_near(struct span relay)
{
	return SPAN_FIND(relay, "[127.") || SPAN_FIND(relay, "[::1]");
}

bool trace_is_asked(const struct trace *t, struct span text)
{
	return text.n == t->query.n &&
	       strncasecmp(text.at, t->query.at, text.n) == 0;
}

bool trace_is_asked_id(const struct trace *t, struct span id)
{
	if (id.n > 2 && *id.at == '<' && id.at[id.n - 1] == '>')
		id = (struct span){id.at + 1, id.n - 2};
	return span_same(id, t->query);
}

static bool names_asked(const struct trace *t, const struct record *r)
{
	switch (r->kind) {
	case RECORD_RECEIVED:
		return trace_is_asked(t, r->account);
	case RECORD_MESSAGE_ID:
		return trace_is_asked_id(t, r->message_id);
	case RECORD_QUEUED:
	case RECORD_EXPIRED:
		return trace_is_asked(t, r->sender);
	case RECORD_DELIVERY:
		return trace_is_asked(t, r->recipient) ||
		       trace_is_asked(t, r->orig_to);
	default:
		return false;
	}
}

uint32_t *trace_message_id_row(struct trace *t, uint64_t hash, bool make)
{
	struct span name = {(const char *)&hash, sizeof(hash)};
	uint32_t row = make ? tally_row(t->message_ids, name)
			    : tally_find(t->message_ids, name);

	return row == TALLY_NONE ? NULL : tally_value(t->message_ids, row);
}

static void groups_join(struct trace *t, uint32_t a, uint32_t b)
{
	if (a == b)
		return;
	for (uint32_t i = 0; i < t->n_wanted; i++)
		if (t->wanted[i].group == b)
			t->wanted[i].group = a;
}

/* Puts it on the list; what hangs on it is for want() below. */
static void want_one(struct trace *t, uint32_t row, uint32_t group)
{
	struct trace_seen *s = trace_table_at(t->seen, row);
	uint32_t id, *head;

	if (s->wanted) {
		groups_join(t, group, t->wanted[s->wanted - 1].group);
		return;
	}
	if (t->n_wanted == TRACE_MESSAGES) {
		t->lost++;
		return;
	}
	if (t->n_wanted == t->room_wanted) {
		t->room_wanted = t->room_wanted ? 2 * t->room_wanted : 64;
		t->wanted = reallocarray(
			t->wanted, t->room_wanted, sizeof(*t->wanted));
		if (!t->wanted)
			abort();
	}
	id = tally_row(t->ids, (struct span){s->id, s->id_n});
	head = tally_value(t->ids, id);
	t->wanted[t->n_wanted++] =
		(struct trace_wanted){row, group, *head, s->first, s->last};
	*head = s->wanted = t->n_wanted;
}

/* All that share its message-id, and what it was sent on as. */
static void want_kin(struct trace *t, uint32_t row, uint32_t group)
{
	struct trace_seen *s = trace_table_at(t->seen, row);
	uint32_t *known;

	if (s->peer != TRACE_NONE &&
		trace_table_at(t->seen, s->peer)->first == s->peer_first)
		want_one(t, s->peer, group);
	if (!s->message_id || !s->wanted)
		return;
	known = trace_message_id_row(t, s->message_id, true);
	if (!known)
		return;
	if (*known) {
		groups_join(t, t->wanted[*known - 1].group, group);
		return;
	}
	*known = s->wanted;
	for (uint32_t i = 0; i < trace_table_size(t->seen); i++)
		if (trace_table_at(t->seen, i)->message_id == s->message_id)
			want_one(t, i, group);
}

static void want(struct trace *t, uint32_t row, uint32_t group)
{
	uint32_t i = t->n_wanted;

	want_one(t, row, group);
	for (; i < t->n_wanted; i++)
		want_kin(t, t->wanted[i].row, t->wanted[i].group);
}

static uint32_t group_of(const struct trace *t, const struct trace_seen *s)
{
	return t->wanted[s->wanted - 1].group;
}

/* One came of the other: who wants one wants both. */
static void link_rows(struct trace *t, uint32_t a, uint32_t b)
{
	struct trace_seen *of_a = trace_table_at(t->seen, a);
	struct trace_seen *of_b = trace_table_at(t->seen, b);

	if (a == b)
		return;
	of_a->peer = b;
	of_a->peer_first = of_b->first;
	of_b->peer = a;
	of_b->peer_first = of_a->first;
	if (of_a->wanted)
		want(t, b, group_of(t, of_a));
	else if (of_b->wanted)
		want(t, a, group_of(t, of_b));
}

static void link_id(struct trace *t, uint32_t row, struct span id)
{
	uint32_t other = TRACE_NONE;

	if (id.n && id.n <= TRACE_ID_MOST)
		other = trace_table_find(t->seen, id);
	if (other != TRACE_NONE)
		link_rows(t, row, other);
}

/* The message that a line is about; a new one where the id begins anew. */
static uint32_t row_of(struct trace *t, struct span id, const struct record *r)
{
	uint32_t row = trace_table_find(t->seen, id);
	struct trace_seen *s;
	bool begins = r->kind == RECORD_RECEIVED;

	if (r->kind == RECORD_WARNING || r->kind == RECORD_FATAL)
		return row; /* a word, as likely as an id */
	if (row != TRACE_NONE) {
		s = trace_table_at(t->seen, row);
		if (s->removed)
			begins = begins || r->kind == RECORD_MESSAGE_ID;
		else
			begins = begins && s->received;
		if (!begins)
			return row;
		s->removed = true;
		s->last = t->found - 1;
		if (s->wanted)
			t->wanted[s->wanted - 1].last = s->last;
	}
	return trace_table_add(t->seen, id, t->found);
}

/* What the line adds to what is known of its message. */
static void row_learn(struct trace *t, uint32_t row, const struct record *r)
{
	struct trace_seen *s = trace_table_at(t->seen, row);
	uint32_t *known;

	switch (r->kind) {
	case RECORD_RECEIVED:
		s->received = true;
		link_id(t, row, r->origin);
		return;
	case RECORD_MESSAGE_ID:
		if (r->message_id.n < 3) /* <> */
			return;
		s->message_id = tally_hash(r->message_id, t->seed) | 1;
		known = trace_message_id_row(t, s->message_id, false);
		if (known && *known)
			want(t, row, t->wanted[*known - 1].group);
		else if (s->wanted)
			want_kin(t, row, group_of(t, s));
		return;
	case RECORD_DELIVERY:
		if (is_near(r->relay))
			link_id(t, row, trace_queued_as(r));
		return;
	case RECORD_REMOVED:
		s->removed = true;
		return;
	default:
		link_id(t, row, notice_of(r));
	}
}

void trace_line_parse(
	const struct trace *t, const struct line *line, struct record *r)
{
	r->queue = SPAN("");
	r->program = SPAN("");
	record_parse(line, t->name, r);
}

void trace_find(struct trace *t, const struct line *line)
{
	struct record r;
	struct span id;
	uint32_t row;

	t->found++;
	trace_line_parse(t, line, &r);
	id = trace_queue(&r);
	if (!id.n)
		return;
	row = row_of(t, id, &r);
	if (row == TRACE_NONE)
		return;
	row_learn(t, row, &r);
	if (!trace_table_at(t->seen, row)->wanted &&
		(span_same(id, t->query) || names_asked(t, &r)))
		want(t, row, t->groups++);
}

uint64_t trace_lost(const struct trace *t)
{
	return t->lost;
}
