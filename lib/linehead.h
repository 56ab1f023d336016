/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_LINEHEAD_H
#define MAILBAN_LIB_LINEHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/block.h"
#include "lib/word.h"

struct line;

#define LINEHEAD_TEXT 112
#define LINEHEAD_NUMBERS 1024

/*
 * What of a line's head is the same from process to process:
 *    mx postfix/smtpd[123]: warning: ...
 *   |----before------|   |-|after
 */
struct linehead {
	const char *before, *after; /* in the body */
	size_t before_n, after_n;
	size_t room; /* bytes that there are from before on */
	bool pid;    /* digits stand between the two */
};

/*
 * Of a line whose parts were cut. False if it has no program, or more than fits
 * or less than eight bytes; else before_n is 8 to LINEHEAD_TEXT and after_n 1
 * to 8.
 */
bool linehead_cut(const struct line *line, struct linehead *out);

/* Whether all of it is ASCII. */
bool linehead_is_plain(const struct linehead *h);

/* Of most heads all is in the first blocks, compared at once. */
#define LINEHEAD_FIRST (2 * BLOCK)

/* A head that has its number: its place. For linehead_number alone. */
struct linehead_known {
	uint64_t after;		   /* word_last of it */
	uint32_t shape;		   /* 0: free */
	char mask[LINEHEAD_FIRST]; /* 0xff: that byte of before is the head's */
	char before[LINEHEAD_TEXT];
};
extern struct linehead_known linehead_known[LINEHEAD_NUMBERS];

static inline uint32_t linehead_shape(const struct linehead *h)
{
	return (uint32_t)(h->before_n << 16 | h->after_n << 8 | h->pid);
}

/* What stands behind the pid; before it there are eight bytes. */
static inline uint64_t linehead_after(const struct linehead *h)
{
	return word_last(word_at(h->after + h->after_n - 8), h->after_n);
}

/* Of its last bytes, where programs differ. */
static inline uint32_t linehead_hash(const struct linehead *h)
{
	size_t n = h->before_n;
	uint64_t sum = word_at(h->before + n - 8) +
		       word_at(h->before + (n < 16 ? 0 : n - 16)) *
			       UINT64_C(0x9e3779b97f4a7c15) +
		       n;

	return (uint32_t)(sum * UINT64_C(0x9fb21c651e98df25) >> 40) %
	       LINEHEAD_NUMBERS;
}

static inline bool linehead_is(
	const struct linehead_known *k, const struct linehead *h)
{
	block other;

	if (k->shape != linehead_shape(h) || k->after != linehead_after(h))
		return false;
	if (h->before_n > LINEHEAD_FIRST || h->room < LINEHEAD_FIRST)
		return word_same(k->before, h->before, h->before_n);
	other = (block_at(k->before) ^ block_at(h->before)) & block_at(k->mask);
	other |= (block_at(k->before + BLOCK) ^ block_at(h->before + BLOCK)) &
		 block_at(k->mask + BLOCK);
	return !block_any(other);
}

/* As linehead_number, of a head that is not at its place. */
uint16_t linehead_search(const struct linehead *h);

/*
 * A number that no other head has, from 1 to LINEHEAD_NUMBERS - 1, the same for
 * as long as the process lives. 0: so many have theirs that this gets none.
 * *h is what linehead_cut gives.
 */
static inline uint16_t linehead_number(const struct linehead *h)
{
	uint32_t at = linehead_hash(h);

	return linehead_is(&linehead_known[at], h) ? (uint16_t)at
						   : linehead_search(h);
}

/* The number of a line's head; 0 if it has none that can be cut. */
uint16_t linehead_of(const struct line *line);

#endif
