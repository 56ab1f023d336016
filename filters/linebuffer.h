/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_LINEBUFFER_H
#define MAILBAN_FILTERS_LINEBUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "filters/regex.h"

/*
 * The last few lines of a log as one text, for regular expressions that span
 * several (maxlines, <SKIPLINES>). Each line ends in a newline.
 */
struct linebuffer;

#define LINEBUFFER_LINES 100
/* Bytes of one line that are kept; multi-line logs have no longer ones. */
#define LINEBUFFER_LINE 8192

/* Keeps the last lines lines, at most LINEBUFFER_LINES. */
struct linebuffer *linebuffer_new(size_t lines);
void linebuffer_free(struct linebuffer **buffer);
/* Appends one, valid UTF-8 unless ascii; the first goes if there are enough. */
void linebuffer_add(
	struct linebuffer *buffer, const char *text, size_t n, bool ascii);
/* All of it; valid until the next add or take. */
const char *linebuffer_text(
	const struct linebuffer *buffer, size_t *n, bool *ascii);
/*
 * The lines that a match covers, without those that it skipped: its own groups
 * of <SKIPLINES> tell. They are a copy, in *text until the next call, and stay
 * where they are until linebuffer_drop().
 */
void linebuffer_take(struct linebuffer *buffer, const struct regex *regex,
	const char **text, size_t *n);
/* Takes out what linebuffer_take() gave; what the match named goes with it. */
void linebuffer_drop(struct linebuffer *buffer);

#endif
