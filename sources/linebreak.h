/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_LINEBREAK_H
#define MAILBAN_SOURCES_LINEBREAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many streams can have a line in the middle of which others write. */
#define LINEBREAK_STREAMS 16

/* The streams whose last entry was the beginning of a line. Zeroed, none. */
struct linebreak {
	uint64_t streams[LINEBREAK_STREAMS]; /* 0: free */
	unsigned int next;
};

enum linebreak_part {
	LINEBREAK_WHOLE,
	LINEBREAK_FIRST, /* the rest is missing */
	LINEBREAK_REST,	 /* the beginning is: it may be a client's text */
};

/*
 * What of a line an entry of that stream is (_STREAM_ID=, n bytes). why is
 * what its _LINE_BREAK= says, NULL if it has none (systemd.journal-fields(7)).
 */
enum linebreak_part linebreak_note(struct linebreak *b, const char *stream,
	size_t n, const char *why, size_t why_n);

#endif
