/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_PORTION_H
#define MAILBAN_SOURCES_PORTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sources/newlines.h"
#include "sources/source.h"

/* So much is read at a time: what stays in the cache of a processor. */
#define PORTION_READ (32 * 1024)
/* Bytes that a portion needs. */
#define PORTION_ROOM (PORTION_READ + SOURCE_LINE_MOST + 1)

/* Whole lines, the last with its newline or at the end of all. */
struct portion {
	char *text;
	size_t n;
	bool cut;  /* the last is longer than a line may be, and has no end */
	bool gone; /* the file is shorter than it was */
	int error; /* an errno; 0 = none */
	off_t at;  /* of a plain file: where it stands, */
	size_t fresh; /* and how many bytes lines of it begin in */
};

/*
 * A log that is read once and not followed: a file, plain or as gzip(1) made
 * it, or standard input for "-". NULL with what is wrong in why.
 */
struct portions;
struct portions *portions_open(const char *path, char *why, size_t room);
/*
 * The next lines, which portion_read puts into buf, of PORTION_ROOM bytes.
 * False at the end, or with what is wrong in why, which is empty else: then the
 * lines before that were all handed out.
 */
bool portions_next(struct portions *portions, char *buf,
	struct portion *portion, char *why, size_t room);
/* By any thread, and of several portions at a time. */
void portion_read(const struct portions *portions, struct portion *portion);
/* False with what is wrong in why: its lines are the last that count. */
bool portion_is_whole(const struct portion *portion, char *why, size_t room);
void portions_close(struct portions **portions);

/* The lines of a portion, one after the other. */
struct portion_lines {
	const char *begin; /* of the next line */
	const char *window, *at, *end;
	size_t found, next; /* newlines of the window; those behind us */
	bool cut;
	uint16_t newlines[NEWLINES_BYTES];
};

/* As long as the portion stays. */
void portion_lines(struct portion_lines *lines, const struct portion *portion);
/* Finds the newlines of the next window; false if there is none. */
bool portion_lines_more(struct portion_lines *lines);

/* A line without its newline, SOURCE_LINE_MOST bytes at most. */
struct portion_line {
	const char *text;
	size_t n;
	bool cut; /* there was more of it */
};

static inline bool portion_lines_next(
	struct portion_lines *lines, struct portion_line *line)
{
	const char *end;

	while (lines->next == lines->found)
		if (!portion_lines_more(lines))
			break;
	if (lines->next < lines->found)
		end = lines->window + lines->newlines[lines->next++];
	else if (lines->begin < lines->end)
		end = lines->end;
	else
		return false;
	line->text = lines->begin;
	line->n = (size_t)(end - lines->begin);
	line->cut = lines->cut && end == lines->end;
	lines->begin = end + (end < lines->end);
	if (line->n > SOURCE_LINE_MOST) {
		line->n = SOURCE_LINE_MOST;
		line->cut = true;
	}
	while (line->n && line->text[line->n - 1] == '\r')
		line->n--;
	return true;
}

#endif
