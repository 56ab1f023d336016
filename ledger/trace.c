/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which lines of a log belong to a message. The first pass learns which
 * messages are meant, and where in the log each begins and ends, for an id is
 * used again when its message is gone; the second takes their lines. Strangers
 * write much of those lines: what they say of other messages is believed only
 * of ids that this log has, and only from a server on this host.
 */
#include "ledger/trace.h"

#include <stdlib.h>
#include <strings.h>

#include "ledger/tally.h"
#include "ledger/trace_seen.h"

#define SEEN_MOST 262144

/* One that is told. */
struct wanted {
	uint32_t row; /* of seen, in the first pass */
	uint32_t group;
	uint32_t next; /* of the same id, + 1 */
	uint64_t first, last;
};

struct trace {
	struct span query, name;
	struct trace_table *seen;
	struct wanted *wanted;
	uint32_t n_wanted, room_wanted;
	uint32_t groups;
	struct tally *ids;	   /* uint32_t: a row of wanted + 1 */
	struct tally *message_ids; /* uint32_t: the same, by hash */
	struct trace_step *steps;
	uint32_t n_steps, room_steps;
	size_t bytes;
	uint64_t found, taken; /* lines of either pass */
	uint64_t lost, seed;
};

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

static bool is_asked(const struct trace *t, struct span text)
{
	return text.n == t->query.n &&
	       strncasecmp(text.at, t->query.at, text.n) == 0;
}

static bool is_asked_id(const struct trace *t, struct span id)
{
	if (id.n > 2 && *id.at == '<' && id.at[id.n - 1] == '>')
		id = (struct span){id.at + 1, id.n - 2};
	return span_same(id, t->query);
}

static bool names_asked(const struct trace *t, const struct record *r)
{
	switch (r->kind) {
	case RECORD_RECEIVED:
		return is_asked(t, r->account);
	case RECORD_MESSAGE_ID:
		return is_asked_id(t, r->message_id);
	case RECORD_QUEUED:
	case RECORD_EXPIRED:
		return is_asked(t, r->sender);
	case RECORD_DELIVERY:
		return is_asked(t, r->recipient) || is_asked(t, r->orig_to);
	default:
		return false;
	}
}

/* The message-id's row of wanted + 1; 0 if nobody wants it. */
static uint32_t *message_id_row(struct trace *t, uint64_t hash, bool make)
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
		(struct wanted){row, group, *head, s->first, s->last};
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
	known = message_id_row(t, s->message_id, true);
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
		known = message_id_row(t, s->message_id, false);
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

static void line_parse(
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
	line_parse(t, line, &r);
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

/* A copy of the line, whose parts go where the text went. */
static void step_add(struct trace *t, uint32_t group, const struct line *line)
{
	size_t n = line->text_len < TRACE_LINE ? line->text_len : TRACE_LINE;
	const char *end = line->text + n;
	struct line copy = {.text_len = n, .time = line->time};
	char *text;

	/* A journal's line has its tag somewhere else: see sources/journal. */
	if (t->n_steps == TRACE_STEPS || t->bytes + n > TRACE_BYTES ||
		line->message > end || line->tag > end) {
		t->lost++;
		return;
	}
	if (t->n_steps == t->room_steps) {
		t->room_steps = t->room_steps ? 2 * t->room_steps : 64;
		t->steps = reallocarray(
			t->steps, t->room_steps, sizeof(*t->steps));
		if (!t->steps)
			abort();
	}
	text = malloc(n + 1);
	if (!text)
		abort();
	/* What is shown ends at a NUL: none may hide the rest. */
	for (size_t i = 0; i < n; i++)
		text[i] = line->text[i] ? line->text[i] : '?';
	text[n] = '\0';
	copy.text = copy.body = text;
	copy.body_len = n;
	copy.host = text;
	copy.tag = text + (line->tag - line->text);
	copy.tag_len = line->tag_len;
	copy.message = text + (line->message - line->text);
	copy.message_len = line->message_len;
	if (copy.message + copy.message_len > text + n)
		copy.message_len = (size_t)(text + n - copy.message);
	t->bytes += n;
	t->steps[t->n_steps] = (struct trace_step){group, t->n_steps, copy};
	t->n_steps++;
}

/* The message of that id whose lines are about here; + 1. */
static uint32_t wanted_at(struct trace *t, struct span id)
{
	uint32_t row = id.n ? tally_find(t->ids, id) : TALLY_NONE, i;
	const struct wanted *w;

	if (row == TALLY_NONE)
		return 0;
	for (i = *(uint32_t *)tally_value(t->ids, row); i; i = w->next) {
		w = &t->wanted[i - 1];
		if (w->first <= t->taken && t->taken <= w->last)
			return i;
	}
	return 0;
}

/* "from=<x> to=<x>" behind a refusal. */
static bool refusal_names(const struct trace *t, struct span in)
{
	const char *p;

	while ((p = SPAN_FIND(in, "=<"))) {
		in = span_from(in, p + 2);
		if (in.n > t->query.n && in.at[t->query.n] == '>' &&
			is_asked(t, (struct span){in.at, t->query.n}))
			return true;
	}
	return false;
}

void trace_take(struct trace *t, const struct line *line)
{
	struct record r;
	uint32_t i, *known;

	t->taken++;
	line_parse(t, line, &r);
	i = wanted_at(t, trace_queue(&r));
	if (i) {
		step_add(t, t->wanted[i - 1].group, line);
	} else if (r.kind == RECORD_SAVED) {
		known = message_id_row(
			t, tally_hash(r.message_id, t->seed) | 1, false);
		if (known && *known)
			step_add(t, t->wanted[*known - 1].group, line);
		else if (is_asked_id(t, r.message_id))
			step_add(t, TRACE_REFUSED, line);
	} else if (r.kind == RECORD_REFUSED && refusal_names(t, r.rest)) {
		step_add(t, TRACE_REFUSED, line);
	}
}

static int step_compare(const void *a, const void *b)
{
	const struct trace_step *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

struct trace_step *trace_steps(struct trace *t, uint32_t *n)
{
	uint32_t *ranks = calloc(t->groups + 1, sizeof(*ranks)), next = 0;

	if (!ranks)
		abort();
	for (uint32_t i = 0; i < t->n_steps; i++) {
		struct trace_step *step = &t->steps[i];

		if (step->group == TRACE_REFUSED)
			continue;
		if (!ranks[step->group])
			ranks[step->group] = ++next;
		step->group = ranks[step->group];
	}
	free(ranks);
	if (t->n_steps)
		qsort(t->steps, t->n_steps, sizeof(*t->steps), step_compare);
	*n = t->n_steps;
	return t->steps;
}

uint64_t trace_lost(const struct trace *t)
{
	return t->lost;
}
