/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Half of a log's lines tell nothing that is counted, "connect from" and the
 * like, and a few beginnings are those of nearly all of them. To know a line
 * by its beginning again takes no questions that a processor guesses wrong, as
 * the parser has to ask. Whoever learns one vouches for it: nothing behind the
 * bytes that are looked at may matter.
 */
#include "ledger/familiar.h"

#include <string.h>

void familiar_learn(struct familiar *familiar, const struct line *line)
{
	struct familiar_line *known;

	if (!familiar_suits(line))
		return;
	known = &familiar->lines[familiar_place(line)];
	memcpy(known->begin, line->message, FAMILIAR_MOST);
	memcpy(known->tag, line->tag, line->tag_len);
	known->n = line->tag_len;
}
