/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The second pass of a trace: the lines of the messages that the first found,
 * message by message. A line is copied, with no byte that would end it early,
 * and no more of them are kept than trace.h says.
 */
#include <stdlib.h>

#include "ledger/trace_parts.h"

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
	const struct trace_wanted *w;

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
			trace_is_asked(t, (struct span){in.at, t->query.n}))
			return true;
	}
	return false;
}

void trace_take(struct trace *t, const struct line *line)
{
	struct record r;
	uint32_t i, *known;

	t->taken++;
	trace_line_parse(t, line, &r);
	i = wanted_at(t, trace_queue(&r));
	if (i) {
		step_add(t, t->wanted[i - 1].group, line);
	} else if (r.kind == RECORD_SAVED) {
		known = trace_message_id_row(
			t, tally_hash(r.message_id, t->seed) | 1, false);
		if (known && *known)
			step_add(t, t->wanted[*known - 1].group, line);
		else if (trace_is_asked_id(t, r.message_id))
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
