/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_BEGINNINGS_H
#define MAILBAN_FILTERS_BEGINNINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filters/queueid.h"
#include "lib/line.h"
#include "lib/linehead.h"
#include "lib/word.h"

struct filter;

/*
 * How messages begin that are for no filter, by the number of their line's
 * head: "connect from ", "imap(", and behind a queue id of Postfix "client=".
 * What is in here is certain; that something is not says nothing. All zero, it
 * is empty.
 */
#define BEGINNING_LEAST 4
#define BEGINNING_MOST 24
#define BEGINNING_WORDS (BEGINNING_MOST / 8)
#define BEGINNING_PAIRS 256
#define BEGINNING_VAIN 64

struct beginning {
	_Alignas(64) uint64_t text[BEGINNING_WORDS];
	uint64_t mask[BEGINNING_WORDS]; /* all bits of the bytes it has */
	uint16_t mark;			/* beginning_mark(); 0: free */
};

/* One that filters are being asked about, each with one line. */
struct beginning_asked {
	uint16_t mark; /* 0: none */
	uint64_t hash;
	struct linehead key;
	char before[LINEHEAD_TEXT], after[8]; /* of the key */
	char message[QUEUEID_ROOM + BEGINNING_MOST];
	size_t id;	 /* a queue id takes so much of the message */
	size_t n;	 /* so much behind it is asked about */
	size_t next;	 /* which filter is, by which ids one after the other */
	size_t no;	 /* so many, one after the other, do not want it */
	uint32_t others; /* lines of other heads meanwhile */
};

struct beginnings {
	struct beginning items[BEGINNING_PAIRS][2];
	struct beginning_asked now;
	uint64_t asked; /* so many were */
	uint32_t pause; /* lines until the next may be */
	/* Some that were in vain, by a hash. */
	uint64_t vain[BEGINNING_VAIN];
};

/* Whose a beginning is: a head's, behind a queue id of so many bytes. */
static inline uint16_t beginning_mark(uint16_t head, size_t id)
{
	_Static_assert(QUEUEID_ROOM * LINEHEAD_NUMBERS <= UINT16_MAX, "");
	return (uint16_t)(id * LINEHEAD_NUMBERS + head);
}

/* Which pair: by the mark and the least that a beginning has. */
static inline uint32_t beginnings_pair(uint16_t mark, const char *text)
{
	uint32_t first;

	memcpy(&first, text, sizeof(first));
	return ((first ^ mark * UINT32_C(0x9e3779b1)) * UINT32_C(2654435761)) >>
	       24;
}

static inline bool beginning_fits(
	const struct beginning *b, uint16_t mark, const char *text)
{
	uint64_t other = b->mark ^ mark;

	for (size_t i = 0; i < BEGINNING_WORDS; i++)
		other |= (word_at(text + i * 8) ^ b->text[i]) & b->mask[i];
	return other == 0;
}

/*
 * The mark of a line's beginning, and where that is: behind a queue id. 0 if it
 * has no head, or is too short to be one of them.
 */
static inline uint16_t beginning_of(const struct line *line, const char **text)
{
	size_t id;

	_Static_assert(QUEUEID_ROOM <= BEGINNING_MOST, "");
	if (!line->head || line->message_len < BEGINNING_MOST)
		return 0;
	id = queueid_cut(line->message);
	if (line->message_len < BEGINNING_MOST + id)
		return 0;
	*text = line->message + id;
	return beginning_mark(line->head, id);
}

/* Whether a message begins with one of them. */
static inline bool beginnings_has(
	const struct beginnings *b, const struct line *line)
{
	const struct beginning *pair;
	const char *text;
	uint16_t mark = beginning_of(line, &text);

	if (!mark)
		return false;
	pair = b->items[beginnings_pair(mark, text)];
	return beginning_fits(&pair[0], mark, text) ||
	       beginning_fits(&pair[1], mark, text);
}

/*
 * Of a line of which no filter's literal was found: asks one more of the n
 * filters whose bits are set in wanted, about it or one before it.
 */
void beginnings_ask(struct beginnings *b, struct filter *const *filters,
	const uint64_t *wanted, size_t n, const struct line *line);

/*
 * False only if the filter wants no line that begins with this head and these n
 * bytes (BEGINNING_MOST at most) of a message.
 */
bool beginning_may_follow(struct filter *filter, const struct linehead *key,
	const char *message, size_t n);

#endif
