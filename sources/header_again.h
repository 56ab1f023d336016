/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_HEADER_AGAIN_H
#define MAILBAN_SOURCES_HEADER_AGAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line;

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
	size_t date_len, host_at, host_len;
	size_t seconds; /* where they stand */
	size_t fraction_n;
	int64_t time;	/* that moment, microseconds since 1970 */
	int64_t minute; /* when its minute began */
};

/*
 * Remembers a line that was cut, whose date stands at its very beginning, its
 * seconds at that offset. What does not suit is not remembered.
 */
void header_again_learn(
	struct header_again *a, const struct line *line, size_t seconds);

/*
 * If the n bytes at text begin as the line that was learned, but for seconds
 * and their fraction: fills time, body and host of *out, and returns how many
 * bytes they take; the program is what comes next. Else 0, and *out untouched.
 */
size_t header_again_cut(struct header_again *again, const char *text, size_t n,
	struct line *out);

#endif
