/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_REJECT_H
#define MAILBAN_LEDGER_REJECT_H

#include <stdbool.h>

#include "ledger/span.h"

struct record;

/* How refusals and failures are told of. */
struct reject_options {
	bool compat;	  /* hosts as pflogsumm 1.1.5 names them */
	bool verbose;	  /* reasons in full */
	bool with_sender; /* the sender beside what was refused */
	bool ignore_case;
	bool verp;
	int verp_level;
};

/*
 * Why a RECORD_REFUSED was refused, in few words, and for whom the row is: its
 * recipient, its sender or its host, whichever the reason is about. Both lie
 * in the line or in room: the rest's length four times, the client's twice, and
 * 64 bytes.
 */
void reject_explain(const struct record *record,
	const struct reject_options *options, struct span *reason,
	struct span *who, char *room);

/* Why a RECORD_REFUSED was refused, as reject_explain() has it without verbose;
 * room: the length of what was answered, and 8 bytes. */
struct span reject_reason(const struct record *record, bool compat, char *room);
/* Up to the first of these bytes; all if there is none. */
struct span reject_up_to(struct span text, const char *stops);
/* What a header or body check caught, without the sender and cut at 64;
 * room: 64 bytes. */
struct span reject_checked(struct span rest, bool verbose, char *room);
/* The text, or its beginning and "..." if it is longer than most bytes, 3 at
 * least; room: as many. */
struct span reject_cut(struct span text, size_t most, char *room);
/* The same, but what stands before " said: " or a colon goes first; without
 * compat a colon with a blank behind it, as "host[addr]:25" has one too. */
struct span reject_cut_said(
	struct span text, size_t most, bool compat, char *room);
/* Without a reply code and a blank in front. */
struct span reject_without_code(struct span text);

#endif
