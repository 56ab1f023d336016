/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_SLOTS_H
#define MAILBAN_LIB_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Which of a table's rows may be that of a hash. A slot is four bytes: the
 * number of a row, and in the bits that it leaves free those of its hash, which
 * keep most others from being looked at. All zero is empty.
 */
struct slots {
	uint32_t *at, mask; /* hash above, a row's number + 1 below the mask;
			       0 = free */
	uint32_t room;	    /* of at; the mask may be of fewer */
};

/* No row. */
#define SLOTS_NONE UINT32_MAX

/* Three of four slots are taken at most; n: rows that there are. */
static inline bool slots_full(const struct slots *slots, uint32_t n)
{
	return !slots->at || n >= slots->mask / 4 * 3;
}

/* Twice as many, all free: who has the rows puts them again. To have no memory
 * ends the program. */
void slots_grow(struct slots *slots);
/* Enough for rows of numbers below n, 2^30 at most, all free. What had room for
 * as many takes no memory; false if there is none, and it is as it was. */
bool slots_begin(struct slots *slots, uint32_t n);
void slots_free(struct slots *slots);

static inline void slots_put(struct slots *slots, uint32_t hash, uint32_t row)
{
	uint32_t mask = slots->mask, at = hash & mask;

	while (slots->at[at] & mask)
		at = (at + 1) & mask;
	slots->at[at] = (hash & ~mask) | (row + 1);
}

/* The next row that may have that hash, from the slot *at on, which is the hash
 * at first; SLOTS_NONE if there is no other. */
static inline uint32_t slots_next(
	const struct slots *slots, uint32_t hash, uint32_t *at)
{
	uint32_t mask = slots->mask, slot;

	if (!slots->at)
		return SLOTS_NONE;
	for (; (slot = slots->at[*at & mask]) & mask; ++*at)
		if (((slot ^ hash) & ~mask) == 0) {
			++*at;
			return (slot & mask) - 1;
		}
	return SLOTS_NONE;
}

/* In place of the row that slots_next() has just told, another of its hash. */
static inline void slots_replace(
	const struct slots *slots, uint32_t at, uint32_t row)
{
	uint32_t mask = slots->mask, *slot = &slots->at[(at - 1) & mask];

	*slot = (*slot & ~mask) | (row + 1);
}

#endif
