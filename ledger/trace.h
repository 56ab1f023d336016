/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_TRACE_H
#define MAILBAN_LEDGER_TRACE_H

#include <stdint.h>

#include "ledger/record.h"
#include "lib/line.h"

/* What a trace holds at most. */
#define TRACE_MESSAGES 10000
#define TRACE_STEPS 100000
#define TRACE_BYTES (64u << 20)
#define TRACE_LINE 8192

/* Steps that are of no message: refused before there was one. */
#define TRACE_REFUSED UINT32_MAX

/*
 * The messages that somebody asks for, and those that came of them: sent on by
 * a content filter, expanded, told of to their senders. The logs are read
 * twice, the same lines in the same order: first trace_find for each line,
 * then trace_take.
 */
struct trace;

/* A line of one message's life. */
struct trace_step {
	uint32_t group; /* messages of one origin share it */
	uint32_t number;
	struct line line; /* a copy, cut at TRACE_LINE bytes */
};

/*
 * query: a queue id, a message-id, with its angle brackets or without, an
 * address or the name of an account; not empty. name: see record_parse. Both
 * must outlive the trace. Messages remembered besides those asked for: most,
 * 0 = enough.
 */
struct trace *trace_new(struct span query, struct span name, uint32_t most);
void trace_free(struct trace **trace);
void trace_find(struct trace *trace, const struct line *line);
void trace_take(struct trace *trace, const struct line *line);

/*
 * What was taken: message by message in the order of their first lines, those
 * of TRACE_REFUSED at the end. They live as long as the trace.
 */
struct trace_step *trace_steps(struct trace *trace, uint32_t *n);
/* How many messages or steps found no room. */
uint64_t trace_lost(const struct trace *trace);

/* The message's id at the server that took it ("250 Ok: queued as X"), or
 * empty: of a RECORD_DELIVERY. */
struct span trace_queued_as(const struct record *record);
/* What a line is about: its queue id, or empty. */
struct span trace_queue(const struct record *record);

#endif
