/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_TRACE_SEEN_H
#define MAILBAN_LEDGER_TRACE_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/span.h"

/* Longest queue ids (src/global/mail_queue.h of Postfix). */
#define TRACE_ID_MOST 24
/* No message. */
#define TRACE_NONE UINT32_MAX

/*
 * One message in the queue, from the first line that names its id to the one
 * before the id is used for another.
 */
struct trace_seen {
	char id[TRACE_ID_MOST];
	uint8_t id_n;
	bool received, removed;
	uint32_t wanted;     /* its row among those that are told, + 1 */
	uint32_t peer;	     /* that which it was sent on as, or tells of */
	uint64_t peer_first; /* of that one; it may be gone meanwhile */
	uint64_t message_id; /* a hash; 0 = not known */
	uint64_t first;	     /* line, from 1; never that of another */
	uint64_t last;	     /* line, before that of the next of its id */
	uint32_t older, newer, next;
};

/*
 * The messages last spoken of, at most `most` of them: then the one that was
 * quiet for longest goes; not one that is wanted and was not
 * removed, of which there must be fewer than most.
 */
struct trace_table;

struct trace_table *trace_table_new(uint32_t most);
void trace_table_free(struct trace_table **table);
/* The last message of that id, which is now the one last spoken of. */
uint32_t trace_table_find(struct trace_table *table, struct span id);
/* A new one of that id, which is TRACE_ID_MOST bytes or less. */
uint32_t trace_table_add(
	struct trace_table *table, struct span id, uint64_t line);
/* Lives until the next trace_table_add; i below trace_table_size. */
struct trace_seen *trace_table_at(struct trace_table *table, uint32_t i);
uint32_t trace_table_size(const struct trace_table *table);

#endif
