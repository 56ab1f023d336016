/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_READING_H
#define MAILBAN_LEDGER_READING_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/familiar.h"
#include "ledger/messages.h"
#include "ledger/pflogsumm.h"
#include "ledger/record.h"
#include "lib/line.h"

struct ledger;
struct ledger_options;

/* What a line is to a ledger. */
enum reading_what {
	READING_OTHER,	 /* nothing */
	READING_UNDATED, /* nothing, for it has no date */
	READING_IDLE,	 /* of a mail program; there is nothing to count */
	READING_COUNTS	 /* its record is for ledger_count */
};

/* Who reads lines for a ledger: what he knows again, and nothing else. */
struct reading {
	const struct ledger_options *options;
	struct messages_key key;
	bool quick; /* what is known again need not be looked at */
	struct familiar familiar;
	struct pflogsumm pflogsumm;
	int day; /* of the month, of the last line; -1 = there is none */
};

/* What lines were read as, in any order. */
struct reading_sums {
	uint64_t lines, mail, undated, cut;
	int64_t first, last; /* of the mail programs' lines; 0 = none */
};

/* For a ledger that lives as long. Give back by reading_free. */
void reading_init(struct reading *reading, const struct ledger *ledger);
void reading_free(struct reading *reading);
/*
 * What the line says; its record in *record, but for lines that do not count
 * the kind alone, which may be RECORD_IDLE. It points into the line, or to what
 * is there until the next is read (reading_is_kept). Several threads may read,
 * each with a reading of its own. With compat, of the first line and of one of
 * another day than that before it the record is for ledger_count even if it
 * tells nothing: its day begins.
 */
enum reading_what reading_line_anew(struct reading *reading,
	const struct line *line, struct record *record);
static inline enum reading_what reading_line(
	struct reading *reading, const struct line *line, struct record *record)
{
	if (!reading->quick || !line->time ||
		!familiar_is(&reading->familiar, line))
		return reading_line_anew(reading, line, record);
	record->kind = RECORD_IDLE;
	return READING_IDLE;
}
/* Whether the last record points to nothing but its line. */
bool reading_is_kept(const struct reading *reading);

/* Adds up what a line was read as. */
static inline void reading_sum(struct reading_sums *sums,
	enum reading_what what, const struct line *line)
{
	sums->lines++;
	sums->cut += line->cut_short;
	sums->undated += what == READING_UNDATED;
	if (what < READING_IDLE)
		return;
	sums->mail++;
	if (!sums->first || line->time < sums->first)
		sums->first = line->time;
	if (line->time > sums->last)
		sums->last = line->time;
}

#endif
