/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_SIEVE_H
#define MAILBAN_FILTERS_SIEVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filters/literals.h"

/*
 * Which of many sets of literals occur in a text, in one scan that looks at
 * every second to eighth position only. A member is a number given by the
 * caller; one that has no literals is always reported.
 */
struct sieve;

#define SIEVE_WORDS(members) (((members) + 63) / 64)

/* For members 0 .. members - 1. */
struct sieve *sieve_new(size_t members);
void sieve_free(struct sieve **sieve);
/*
 * Of more distinct literals than these in all, each costs a start too much: a
 * member that has one of them is reported always.
 */
#define SIEVE_LITERALS_MOST 16384
void sieve_add(struct sieve *sieve, size_t member, const struct literals *l);
/* After the last sieve_add. */
void sieve_seal(struct sieve *sieve);
/*
 * How many of the last bytes of this text the beginning of a literal may be,
 * for a scan of what follows it; n if a literal stands in it.
 */
size_t sieve_overlap(const struct sieve *sieve, const char *text, size_t n);
/* With how many literals at most one place of a text is compared. */
size_t sieve_crowd(const struct sieve *sieve);
/* Whether a literal has one of these characters; or has no others. */
bool sieve_has(const struct sieve *sieve, const char *chars);
bool sieve_has_only(const struct sieve *sieve, const char *chars);
/*
 * Sets the bits of all members of which a literal occurs in the n bytes at
 * text, and empties all others; hits has SIEVE_WORDS(members) words. False if
 * there are none: hits then holds nothing of use.
 */
bool sieve_scan(
	const struct sieve *sieve, const char *text, size_t n, uint64_t *hits);

#endif
