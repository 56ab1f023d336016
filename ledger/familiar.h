/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_FAMILIAR_H
#define MAILBAN_LEDGER_FAMILIAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/line.h"
#include "lib/word.h"

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

/* Is it long enough to be looked at by whole words? */
static inline bool familiar_suits(const struct line *line)
{
	return line->message_len >= FAMILIAR_MOST && line->tag_len >= 8 &&
	       line->tag_len <= FAMILIAR_TAG;
}

static inline size_t familiar_place(const struct line *line)
{
	uint64_t tag = word_at(line->tag + line->tag_len - 8);
	uint64_t h = (word_at(line->message) ^ tag >> 3) *
		     UINT64_C(0x9e3779b97f4a7c15);

	return h >> 32 & (FAMILIAR_PLACES - 1);
}

/* Does it begin as one that was learned? */
static inline bool familiar_is(
	const struct familiar *familiar, const struct line *line)
{
	const struct familiar_line *known;
	size_t n = line->tag_len, middle;
	uint64_t other;

	if (!familiar_suits(line))
		return false;
	known = &familiar->lines[familiar_place(line)];
	middle = n < 16 ? n - 8 : 8;
	other = known->n ^ n;
	other |= word_at(known->begin) ^ word_at(line->message);
	other |= word_at(known->begin + 8) ^ word_at(line->message + 8);
	other |= word_at(known->tag) ^ word_at(line->tag);
	other |= word_at(known->tag + middle) ^ word_at(line->tag + middle);
	other |= word_at(known->tag + n - 8) ^ word_at(line->tag + n - 8);
	return other == 0;
}

/*
 * Learns a line that is settled by its program and the first FAMILIAR_MOST
 * bytes of its message: no line that begins so counts for anything.
 */
void familiar_learn(struct familiar *familiar, const struct line *line);

#endif
