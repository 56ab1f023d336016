/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_HEADER_AGAIN_H
#define MAILBAN_SOURCES_HEADER_AGAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/line.h"
#include "lib/word.h"
#include "sources/header_tag.h"

#define HEADER_AGAIN_MOST 64 /* bytes, in blocks of 16 */

/*
 * How a line began, up to its program: date, host and blanks. All zero
 * knows none.
 */
struct header_again {
	char text[HEADER_AGAIN_MOST];
	char same[HEADER_AGAIN_MOST];  /* 0xff: that byte must come again */
	char digit[HEADER_AGAIN_MOST]; /* 0xff: it must be some digit */
	size_t n, blocks;
	size_t room; /* bytes of a line, at least, to be compared; 0: none is */
	size_t date_len, host_at, host_len;
	size_t seconds; /* where they stand */
	size_t fraction_n;
	int64_t time;		 /* that moment, microseconds since 1970 */
	int64_t minute;		 /* when its minute began */
	struct header_tags tags; /* of what begins as this, but for its date */
};

/*
 * Remembers a line that was cut, whose date stands at its very beginning, its
 * seconds at that offset. What does not suit is not remembered.
 */
void header_again_learn(
	struct header_again *a, const struct line *line, size_t seconds);

/*
 * Whether a text, of again->room bytes at least, begins as the line that was
 * learned, but for the digits of its seconds. Then those are learned too.
 */
bool header_again_near(struct header_again *again, const char *text);

/*
 * If the n bytes at text begin as the line that was learned, but for seconds
 * and their fraction: fills time, body and host of *out, and returns how many
 * bytes they take; the program is what comes next, unless that is a blank: then
 * it is another beginning. Else 0, and *out untouched.
 */
static inline size_t header_again_cut(
	struct header_again *a, const char *text, size_t n, struct line *out)
{
	/* Nothing is known if room is 0. */
	if (n <= a->room - 1)
		return 0;
	if (!word_same(text, a->text, a->n) && !header_again_near(a, text))
		return 0;
	out->time = a->time;
	out->body = text + a->date_len;
	out->body_len = n - a->date_len;
	out->host = text + a->host_at;
	out->host_len = a->host_len;
	return a->n;
}

#endif
