/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Half of a log's lines tell nothing that is counted, "connect from" and the
 * like, and a few beginnings are those of nearly all of them. To know a line
 * by its beginning again takes no questions that a processor guesses wrong, as
 * the parser has to ask. Whoever learns one vouches for it: nothing behind the
 * bytes that are looked at may matter.
 */
#include "ledger/familiar.h"

#include <stdint.h>
#include <string.h>

#include "lib/line.h"
#include "lib/word.h"

/* Is it long enough to be looked at by whole words? */
static bool suits(const struct line *line)
{
	return line->message_len >= FAMILIAR_MOST && line->tag_len >= 8 &&
	       line->tag_len <= FAMILIAR_TAG;
}

static size_t place_of(const struct line *line)
{
	uint64_t tag = word_at(line->tag + line->tag_len - 8);
	uint64_t h = (word_at(line->message) ^ tag >> 3) *
		     UINT64_C(0x9e3779b97f4a7c15);

	return h >> 32 & (FAMILIAR_PLACES - 1);
}

bool familiar_is(const struct familiar *familiar, const struct line *line)
{
	const struct familiar_line *known;
	size_t n = line->tag_len, middle;
	uint64_t other;

	if (!suits(line))
		return false;
	known = &familiar->lines[place_of(line)];
	middle = n < 16 ? n - 8 : 8;
	other = known->n ^ n;
	other |= word_at(known->begin) ^ word_at(line->message);
	other |= word_at(known->begin + 8) ^ word_at(line->message + 8);
	other |= word_at(known->tag) ^ word_at(line->tag);
	other |= word_at(known->tag + middle) ^ word_at(line->tag + middle);
	other |= word_at(known->tag + n - 8) ^ word_at(line->tag + n - 8);
	return other == 0;
}

void familiar_learn(struct familiar *familiar, const struct line *line)
{
	struct familiar_line *known;

	if (!suits(line))
		return;
	known = &familiar->lines[place_of(line)];
	memcpy(known->begin, line->message, FAMILIAR_MOST);
	memcpy(known->tag, line->tag, line->tag_len);
	known->n = line->tag_len;
}
