/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_LITERALS_H
#define MAILBAN_FILTERS_LITERALS_H

#include <stddef.h>

/*
 * The texts of which every match of a regex holds at least one: what a cheap
 * scan looks for before PCRE2 is asked.
 */
#define LITERALS_MOST 32
#define LITERAL_TEXT 32

struct literals {
	struct {
		char text[LITERAL_TEXT];
		size_t n;
	} items[LITERALS_MOST];
	size_t n; /* 0: nothing is known to be required */
};

/*
 * Reads a regex in PCRE2's syntax. What it does not understand only makes the
 * answer poorer (n = 0), never wrong.
 */
void literals_find(const char *regex, struct literals *out);
/* The length of the shortest; 0 if there are none. */
size_t literals_shortest(const struct literals *literals);

#endif
