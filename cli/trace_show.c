/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of a message as people and programs read it: a word for each step,
 * and what there is to say of it. All of it comes from a log, so nothing goes
 * to a terminal but through a table's cells.
 */
#include "cli/trace.h"

#include <stdlib.h>

#include <jansson.h>

#include "cli/client.h"
#include "cli/jsonout.h"
#include "cli/table.h"
#include "cli/text.h"
#include "lib/clock.h"

/* "%.*s" of a span. */
#define ARG(span) (int)(span).n, (span).at

static const char *const parts[] = {"before the active queue",
	"in the active queue", "connecting", "sending"};
static const char *const part_keys[] = {"before", "queue", "connect", "send"};

static void step_record(const struct trace_step *step, struct record *r)
{
	r->queue = SPAN("");
	r->program = SPAN("");
	record_parse(&step->line, SPAN(""), r);
}

/* A piece of a/b/c/d, cut off. */
static struct span delay_cut(struct span *in)
{
	const char *slash = span_char(*in, '/');
	struct span part = span_between(in->at, slash ? slash : span_end(*in));

	*in = span_from(*in, slash ? slash + 1 : span_end(*in));
	return part;
}

/* What a status code says, by its class (RFC 3463, 2). */
static const char *dsn_class(struct span dsn)
{
	switch (dsn.n > 1 && dsn.at[1] == '.' ? *dsn.at : 0) {
	case '2':
		return "sent";
	case '4':
		return "tried again";
	case '5':
		return "returned";
	default:
		return NULL;
	}
}

/* What it is about, by its subject (RFC 3463, 3). */
static const char *dsn_subject(struct span dsn)
{
	static const char *const subjects[] = {NULL, "address", "mailbox",
		"mail system", "network or routing", "protocol", "content",
		"security or policy"};

	if (dsn.n < 4 || dsn.at[3] != '.' || dsn.at[2] < '0' || dsn.at[2] > '7')
		return NULL;
	return subjects[dsn.at[2] - '0'];
}

/* One word, always, for what the step is. */
static const char *step_word(const struct record *r)
{
	static const char *const actions[RECORD_ACTIONS] = {
		[RECORD_REJECT] = "refused",
		[RECORD_REJECT_WARNING] = "warned",
		[RECORD_HOLD] = "held",
		[RECORD_DISCARD] = "discarded",
	};

	switch (r->kind) {
	case RECORD_RECEIVED:
		return SPAN_IS(r->program, "pickup") ? "picked-up" : "received";
	case RECORD_MESSAGE_ID:
		return "named";
	case RECORD_QUEUED:
		return "queued";
	case RECORD_DELIVERY:
		if (SPAN_IS(r->status, "sent"))
			return "sent";
		if (SPAN_IS(r->status, "deferred"))
			return "deferred";
		if (SPAN_IS(r->status, "bounced"))
			return "bounced";
		return "delivery";
	case RECORD_EXPIRED:
		return "expired";
	case RECORD_REMOVED:
		return "removed";
	case RECORD_REFUSED:
	case RECORD_CHECKED:
		return actions[r->action];
	case RECORD_SAVED:
		return "saved";
	case RECORD_WARNING:
	case RECORD_FATAL:
	case RECORD_PANIC:
		return "trouble";
	default:
		if (SPAN_IS(r->program, "bounce"))
			return "notified";
		return "noted";
	}
}

static void delivery_write(const struct record *r, FILE *to)
{
	const char *class = dsn_class(r->dsn), *subject = dsn_subject(r->dsn);
	struct span delays = r->delays, as = trace_queued_as(r);

	fprintf(to, "to=<%.*s>", ARG(r->recipient));
	if (r->orig_to.n)
		fprintf(to, " for <%.*s>", ARG(r->orig_to));
	fprintf(to, " by %.*s, relay=%.*s", ARG(r->program), ARG(r->relay));
	if (r->dsn.n)
		fprintf(to, ", dsn=%.*s", ARG(r->dsn));
	if (class)
		fprintf(to, " (%s%s%s)", class,
			subject && *r->dsn.at != '2' ? ": " : "",
			subject && *r->dsn.at != '2' ? subject : "");
	if (as.n)
		fprintf(to, ", queued as %.*s there", ARG(as));
	if (r->delay.n)
		fprintf(to, ", after %.*s s", ARG(r->delay));
	for (int i = 0; i < 4 && delays.n; i++) {
		struct span part = delay_cut(&delays);

		fprintf(to, "%s%.*s %s", i ? ", " : " (", ARG(part), parts[i]);
	}
	if (r->delays.n)
		putc(')', to);
	fprintf(to, ", status=%.*s%.*s", ARG(r->status), ARG(r->rest));
}

/* What the log says, behind its queue id. */
static struct span said_of(const struct record *r)
{
	struct span in = r->log;

	if (r->queue.n && in.n > r->queue.n + 2 && in.at == r->queue.at)
		return span_from(in, in.at + r->queue.n + 2);
	return in;
}

static void step_write(const struct record *r, FILE *to)
{
	struct span said = said_of(r);

	switch (r->kind) {
	case RECORD_DELIVERY:
		delivery_write(r, to);
		return;
	case RECORD_QUEUED:
		fprintf(to, "from=<%.*s>, %.*s bytes", ARG(r->sender),
			ARG(r->size));
		return;
	case RECORD_EXPIRED:
		fprintf(to, "from=<%.*s>, given up, returned to its sender",
			ARG(r->sender));
		return;
	case RECORD_REMOVED:
		/* Of what was refused cleanup(8) says why, since 3.10. */
		if (SPAN_SKIP(&said, "removed ("))
			fprintf(to, "never in the queue (%.*s", ARG(said));
		else
			fputs("out of the queue", to);
		return;
	default:
		fprintf(to, "%.*s", ARG(said));
	}
}

/* The caller frees. */
static char *text_of(
	void (*write)(const struct record *, FILE *), const struct record *r)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	if (!to)
		abort();
	write(r, to);
	if (fclose(to) != 0)
		abort();
	return text;
}

static void cell_span(struct table *table, struct span s, enum table_tone tone)
{
	char *text = strndup(s.at, s.n);

	if (!text)
		abort();
	table_text(table, text, tone);
	free(text);
}

static bool word_is_bad(const char *word)
{
	return strcmp(word, "bounced") == 0 || strcmp(word, "deferred") == 0 ||
	       strcmp(word, "expired") == 0 || strcmp(word, "refused") == 0;
}

static void row_add(struct table *table, const struct trace_step *step)
{
	char moment[TEXT_TIME], *text;
	struct record r;
	const char *word;

	step_record(step, &r);
	word = step_word(&r);
	text = text_of(step_write, &r);
	table_text(table,
		step->line.time
			? text_moment(step->line.time / CLOCK_SECOND, moment)
			: "-",
		TABLE_PLAIN);
	cell_span(table, trace_queue(&r).n ? trace_queue(&r) : SPAN("-"),
		TABLE_PLAIN);
	cell_span(table, r.program, TABLE_PLAIN);
	table_text(table, word, word_is_bad(word) ? TABLE_BAD : TABLE_PLAIN);
	table_text(table, text, TABLE_PLAIN);
	free(text);
}

void trace_text(struct trace *trace, FILE *to)
{
	static const char *const heads[] = {
		"Time", "Queue id", "Program", "Step", "What", NULL};
	struct trace_step *steps;
	struct table *table;
	uint32_t n;

	steps = trace_steps(trace, &n);
	for (uint32_t i = 0, next; i < n; i = next) {
		table = table_new(heads);
		for (next = i; next < n && steps[next].group == steps[i].group;
			next++)
			row_add(table, &steps[next]);
		if (i)
			putc('\n', to);
		table_print(table, to);
		table_free(&table);
	}
}

static void set_span(json_t *to, const char *key, struct span s)
{
	char *escaped = text_escape_bytes(s.at, s.n);

	json_object_set_new(to, key, json_string(escaped));
	free(escaped);
}

static void set_number(json_t *to, const char *key, struct span s)
{
	char text[32];

	snprintf(text, sizeof(text), "%.*s", ARG(s));
	json_object_set_new(to, key, json_real(strtod(text, NULL)));
}

static void delivery_json(json_t *to, const struct record *r)
{
	const char *class = dsn_class(r->dsn);
	struct span delays = r->delays;
	json_t *each = json_object();

	set_span(to, "recipient", r->recipient);
	if (r->orig_to.n)
		set_span(to, "original_recipient", r->orig_to);
	set_span(to, "relay", r->relay);
	set_span(to, "status", r->status);
	if (r->dsn.n)
		set_span(to, "dsn", r->dsn);
	if (class)
		json_object_set_new(to, "meaning", json_string(class));
	if (r->delay.n)
		set_number(to, "delay", r->delay);
	for (int i = 0; i < 4 && delays.n; i++)
		set_number(each, part_keys[i], delay_cut(&delays));
	json_object_set_new(to, "delays", each);
	if (trace_queued_as(r).n)
		set_span(to, "queued_as", trace_queued_as(r));
}

static json_t *step_json(const struct trace_step *step)
{
	json_t *out = json_object();
	struct record r;

	step_record(step, &r);
	json_object_set_new(out, "time",
		step->line.time
			? json_real((double)step->line.time / CLOCK_SECOND)
			: json_null());
	if (trace_queue(&r).n)
		set_span(out, "queue_id", trace_queue(&r));
	set_span(out, "program", r.program);
	json_object_set_new(out, "step", json_string(step_word(&r)));
	set_span(out, "text", said_of(&r));
	if (r.kind == RECORD_DELIVERY)
		delivery_json(out, &r);
	else if (r.kind == RECORD_RECEIVED && r.client.n)
		set_span(out, "client", r.client);
	else if (r.kind == RECORD_MESSAGE_ID || r.kind == RECORD_SAVED)
		set_span(out, "message_id", r.message_id);
	else if (r.kind == RECORD_QUEUED)
		set_span(out, "sender", r.sender);
	if (r.kind == RECORD_QUEUED)
		json_object_set_new(out, "size",
			json_integer(strtoll(r.size.at, NULL, 10)));
	return out;
}

void trace_json(struct trace *trace, const char *query, FILE *to)
{
	json_t *messages = json_array(), *refused = json_array();
	json_t *out = json_object(), *into = NULL;
	struct trace_step *steps;
	uint32_t n;

	steps = trace_steps(trace, &n);
	for (uint32_t i = 0; i < n; i++) {
		if (steps[i].group == TRACE_REFUSED) {
			into = refused;
		} else if (!i || steps[i].group != steps[i - 1].group) {
			into = json_array();
			json_array_append_new(messages, into);
		}
		json_array_append_new(into, step_json(&steps[i]));
	}
	set_span(out, "query", (struct span){query, strlen(query)});
	json_object_set_new(out, "messages", messages);
	json_object_set_new(out, "refused", refused);
	json_object_set_new(
		out, "lost", json_integer((json_int_t)trace_lost(trace)));
	jsonout_write(out, JSON_INDENT(2), to);
	json_decref(out);
}
