/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_EFFORT_H
#define MAILBAN_FILTERS_EFFORT_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What is left of what all searches of a line together may do, in bytes that
 * PCRE2 steps over: in searches that only a match limit holds, and in those
 * that are counted.
 */
struct effort {
	uint64_t quick, counted;
};

/* What a line has. */
#define EFFORT_QUICK 64000000
#define EFFORT_COUNTED 20000000
/* What calling us costs a counted search, in bytes. */
#define EFFORT_CALL 16

/* What a search is of. */
struct effort_search {
	const char *regex;
	size_t n, from; /* of the subject, and where in it it begins */
	bool anchored, utf;
	bool refers;  /* the regex has "\1" or the like */
	bool trusted; /* a match limit is all that it needs */
};

/* The limits of each search; one process makes one at a time. */
pcre2_match_context *effort_context(void);

/*
 * Takes a search that is not counted from what is left: returns the match limit
 * under which it stays within that, or 0 if that is too low to be tried.
 */
uint32_t effort_quick(struct effort *left, const struct effort_search *s);

/*
 * Counts the next search, of code that was compiled with PCRE2_AUTO_CALLOUT;
 * it ends with PCRE2_ERROR_CALLOUT when nothing is left. effort_end() takes
 * what it did from that.
 */
void effort_begin(const struct effort *left, const struct effort_search *s);
void effort_end(struct effort *left);

#endif
