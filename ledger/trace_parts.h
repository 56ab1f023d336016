/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_TRACE_PARTS_H
#define MAILBAN_LEDGER_TRACE_PARTS_H

/* What the two passes, trace.c and trace_steps.c, share, and nobody else. */

#include "ledger/tally.h"
#include "ledger/trace.h"
#include "ledger/trace_seen.h"

/* One that is told. */
struct trace_wanted {
	uint32_t row; /* of seen, in the first pass */
	uint32_t group;
	uint32_t next; /* of the same id, + 1 */
	uint64_t first, last;
};

struct trace {
	struct span query, name;
	struct trace_table *seen;
	struct trace_wanted *wanted;
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

/* What the line is: its record, whose queue id may be empty. */
void trace_line_parse(
	const struct trace *t, const struct line *line, struct record *r);
/* Is this address, in any case; this queue id or message-id what is asked for?
 */
bool trace_is_asked(const struct trace *t, struct span text);
bool trace_is_asked_id(const struct trace *t, struct span id);
/* Where the message-id's row of wanted is kept, + 1; *it is 0 if nobody wants
 * it. NULL: it is not known and was not to be made, or there is no room. */
uint32_t *trace_message_id_row(struct trace *t, uint64_t hash, bool make);

#endif
