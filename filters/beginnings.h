/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_BEGINNINGS_H
#define MAILBAN_FILTERS_BEGINNINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/line.h"
#include "lib/linehead.h"
#include "lib/word.h"

struct filter;

/*
 * How messages begin that are for no filter, by the number of their line's
 * head: "connect from ", "imap(". What is in here is certain; that something is
 * not says nothing. All zero, it is empty.
 */
#define BEGINNING_LEAST 4
#define BEGINNING_MOST 24
#define BEGINNING_WORDS (BEGINNING_MOST / 8)
#define BEGINNING_PAIRS 256
#define BEGINNING_VAIN 64

struct beginning {
	_Alignas(64) uint64_t text[BEGINNING_WORDS];
	uint64_t mask[BEGINNING_WORDS]; /* all bits of the bytes it has */
	uint16_t head;			/* 0: free */
};

/* One that filters are being asked about, each with one line. */
struct beginning_asked {
	uint16_t head; /* 0: none */
	uint64_t hash;
	struct linehead key;
	char before[LINEHEAD_TEXT], after[8]; /* of the key */
	char message[BEGINNING_MOST];
	size_t n;	 /* so much of the message is asked about */
	size_t next;	 /* which filter is */
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

/* Which pair: by the head and the least that a beginning has. */
static inline uint32_t beginnings_pair(uint16_t head, const char *message)
{
	uint32_t first;

	memcpy(&first, message, sizeof(first));
	return ((first ^ head * UINT32_C(0x9e3779b1)) * UINT32_C(2654435761)) >>
	       24;
}

static inline bool beginning_fits(
	const struct beginning *b, uint16_t head, const char *message)
{
	uint64_t other = b->head ^ head;

	for (size_t i = 0; i < BEGINNING_WORDS; i++)
		other |= (word_at(message + i * 8) ^ b->text[i]) & b->mask[i];
	return other == 0;
}

/* Whether a message of a line of that head, which is not 0, begins with one of
 * them; BEGINNING_MOST of its bytes are there. */
static inline bool beginnings_has(
	const struct beginnings *b, uint16_t head, const char *message)
{
	const struct beginning *pair = b->items[beginnings_pair(head, message)];

	return beginning_fits(&pair[0], head, message) ||
	       beginning_fits(&pair[1], head, message);
}

/*
 * Of such a line, of which no filter's literal was found: asks one more of the
 * n filters whose bits are set in wanted, about it or one before it.
 */
void beginnings_go_on(struct beginnings *b, struct filter *const *filters,
	const uint64_t *wanted, size_t n, const struct line *line);

static inline void beginnings_ask(struct beginnings *b,
	struct filter *const *filters, const uint64_t *wanted, size_t n,
	const struct line *line)
{
	bool number = line->message[0] >= '0' && line->message[0] <= '9';

	/* Most that get here begin with a queue's number: none of them. */
	if (b->now.head || (b->pause == 0 && !number))
		beginnings_go_on(b, filters, wanted, n, line);
	else if (b->pause > 0)
		b->pause--;
}

/*
 * False only if the filter wants no line that begins with this head and these n
 * bytes (BEGINNING_MOST at most) of a message.
 */
bool beginning_may_follow(struct filter *filter, const struct linehead *key,
	const char *message, size_t n);

#endif
