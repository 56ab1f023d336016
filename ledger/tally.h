/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_TALLY_H
#define MAILBAN_LEDGER_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "ledger/span.h"

/*
 * Counts by name: a sender's messages, a reason's rejects. A name that was
 * seen keeps its row for good; the number of rows has a cap, and names beyond
 * it share none and are counted as lost, so that totals kept elsewhere stay
 * right.
 *
 * Memory is taken in steps that double; when it runs out at a cap of that
 * size the program ends (abort). A line that names nobody new takes none.
 */
struct tally;

/* No row: the cap is reached. */
#define TALLY_NONE UINT32_MAX
/* No cap can be higher. */
#define TALLY_MOST (UINT32_C(1) << 30)

/*
 * value: bytes that each row holds, zeroed at first, a multiple of what it is
 * aligned to; most: the cap.
 */
struct tally *tally_new(size_t value, uint32_t most);
void tally_free(struct tally **tally);

/* The row of that name, made if need be; TALLY_NONE beyond the cap. */
uint32_t tally_row(struct tally *tally, struct span name);
/* The row, or TALLY_NONE if the name was never seen. */
uint32_t tally_find(const struct tally *tally, struct span name);
/* Both live until the next tally_row; the name always. */
void *tally_value(const struct tally *tally, uint32_t row);
struct span tally_name(const struct tally *tally, uint32_t row);
/* How many rows there are, from 0; how often a name found no room. */
uint32_t tally_size(const struct tally *tally);
uint64_t tally_lost(const struct tally *tally);

/*
 * Rows in order: compare gets two rows. The caller frees; never NULL; the
 * number of rows is tally_size.
 */
typedef int (*tally_compare_fn)(
	const struct tally *tally, uint32_t a, uint32_t b);
uint32_t *tally_sorted(const struct tally *tally, tally_compare_fn compare);

/* A hash of n bytes that nobody outside can foresee; seed by hash_seed. */
uint64_t tally_hash(struct span name, uint64_t seed);
uint64_t tally_seed(void);

#endif
