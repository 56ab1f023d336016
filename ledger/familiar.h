/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_FAMILIAR_H
#define MAILBAN_LEDGER_FAMILIAR_H

#include <stdbool.h>
#include <stddef.h>

struct line;

#define FAMILIAR_MOST 16 /* bytes of what is said that settle a line */
#define FAMILIAR_TAG 24
#define FAMILIAR_PLACES 128

/* Lines of which nothing is to be counted, by how they begin. All zero: none
 * is known. */
struct familiar {
	struct familiar_line {
		char begin[FAMILIAR_MOST];
		char tag[FAMILIAR_TAG];
		size_t n; /* of the tag; 0 = free */
	} lines[FAMILIAR_PLACES];
};

/* Does it begin as one that was learned? */
bool familiar_is(const struct familiar *familiar, const struct line *line);
/*
 * Learns a line that is settled by its program and the first FAMILIAR_MOST
 * bytes of its message: no line that begins so counts for anything.
 */
void familiar_learn(struct familiar *familiar, const struct line *line);

#endif
