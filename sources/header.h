/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_HEADER_H
#define MAILBAN_SOURCES_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sources/header_again.h"
#include "sources/header_tag.h"

/*
 * What was worked out for the lines before, so that most lines cost a
 * comparison instead of a calendar. All zero is a good start; one for each
 * log is best, since neighbouring lines share the minute.
 */
struct header_clock {
	char syslog[16]; /* "Nov 21 10:00:", the minute last seen */
	char iso[24];	 /* "2026-11-21T10:00:" */
	int64_t syslog_minute, iso_minute; /* when it began; 0 = none seen */
	int64_t quarter;		   /* a quarter of an hour, local */
	int64_t shift; /* of that quarter, from local time to UTC */
	bool shift_known;
	bool no_heads; /* set by who asks for no line's head: it stays 0, and
			  then lines may be cut by several threads, each with a
			  clock of its own */
	struct header_again again;
};

/*
 * Fills *out with the parts of the n bytes at text, which it keeps pointing
 * into. Dates understood, at the start of the line or behind a "<PRI>":
 *   Nov 21 10:00:00[.123]                      RFC 3164, local time; this
 *       year, or the last if that is more than 24 hours ahead
 *   2026-11-21T10:00:00[.123456][Z|+01:00]     RFC 3339, also with a blank
 *       for the T, a comma for the dot, +0100, the zone behind a blank (also
 *       UTC or GMT), and local time without zone
 * behind which stand [host] tag[pid]: message. A line with anything else in
 * front has body = message = text, no time, no host and an empty tag.
 * Any bytes are safe; no allocation, no locale.
 */
void header_cut(
	const char *text, size_t n, struct header_clock *c, struct line *out);

/* For header_cut_here: of a line that begins as the one before it up to
 * `known`, if that is not 0, but of which the program is not known. */
void header_cut_rest(const char *text, size_t n, size_t known,
	struct header_clock *c, struct line *out);

/* The same as header_cut in the midst of its caller, for who cuts line after
 * line. */
__attribute__((always_inline)) static inline void header_cut_here(
	const char *text, size_t n, struct header_clock *c, struct line *out)
{
	size_t known = header_again_cut(&c->again, text, n, out);

	/* One by one: the compiler would clear it all first, slowly. */
	out->text = text;
	out->text_len = n;
	out->journal = out->cut_short = out->stranger = false;
	if (!known ||
		!header_tags_cut(&c->again.tags, text + known, text + n, out))
		header_cut_rest(text, n, known, c, out);
}

/* The same without a head, for who reads nothing but a log of mail programs. */
static inline void header_cut_plain(
	const char *text, size_t n, struct header_clock *c, struct line *out)
{
	size_t known = header_again_cut(&c->again, text, n, out);

	if (!known || !header_tag_plain(text + known, text + n, out)) {
		header_cut(text, n, c, out);
		return;
	}
	out->text = text;
	out->text_len = n;
	out->journal = out->cut_short = out->stranger = false;
}

#endif
