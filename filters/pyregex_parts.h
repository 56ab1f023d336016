/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_PYREGEX_PARTS_H
#define MAILBAN_FILTERS_PYREGEX_PARTS_H

#include <stdbool.h>
#include <stddef.h>

/* What the files of pyregex share; not for others. */

/* A text that grows; it always ends in a NUL. */
struct pyout {
	char *text;
	size_t n, room;
};

void pyout_put(struct pyout *o, const char *text, size_t n);
void pyout_puts(struct pyout *o, const char *text);

/* What stands before the place, as far as a repetition asks. */
enum pysyntax_last {
	PYSYNTAX_NOTHING, /* the beginning, "(", "|", "^", "\b" */
	PYSYNTAX_ITEM,
	PYSYNTAX_REPEATED, /* "?" or "+" may follow */
	PYSYNTAX_DONE,	   /* and none may follow those */
};

struct pysyntax {
	enum pysyntax_last last;
	bool begun;   /* something but flags stood before */
	bool verbose; /* blanks and comments may stand anywhere */
	const char *why;
};

/*
 * Puts what stands at s, in Python's syntax, in PCRE2's: an escape, a class,
 * the head of a group, a repetition, or one plain byte. Returns how many bytes
 * it took; 0 with why set (static text) if Python's re does not know it, or if
 * PCRE2 has nothing that is exactly the same.
 * Source: Python's re; pcre2pattern(3).
 */
size_t pysyntax_put(struct pysyntax *p, struct pyout *o, const char *s);

/* "((?i)" and "(?:(?i)", which fail2ban makes "(?i:": the length, or 0; then
 * flags are in at, flags_n bytes. */
size_t pysyntax_local_flags(const char *s, const char **at, size_t *flags_n);

#endif
