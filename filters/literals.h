/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_LITERALS_H
#define MAILBAN_FILTERS_LITERALS_H

#include <stddef.h>

/*
 * The texts of which every match of a regex holds at least one: what a cheap
 * scan looks for before PCRE2 is asked.
 */
#define LITERALS_MOST 96
#define LITERAL_TEXT 32

struct literal {
	char text[LITERAL_TEXT];
	size_t n;
};

struct literals {
	size_t n; /* 0: nothing is known to be required */
	struct literal items[LITERALS_MOST];
};

/*
 * Reads a regex in PCRE2's syntax. What it does not understand only makes the
 * answer poorer (n = 0), never wrong.
 */
void literals_find(const char *regex, struct literals *out);
/* The same in memory of its own, for free(3), that ends behind the last. */
struct literals *literals_of(const char *regex);
/* The length of the shortest; 0 if there are none. */
size_t literals_shortest(const struct literals *literals);

#endif
