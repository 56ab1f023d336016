/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_WORD_H
#define MAILBAN_LIB_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Text looked at by eight bytes at a time. */

#define WORD_EACH UINT64_C(0x0101010101010101) /* times a byte */

/* The eight bytes at p, wherever that is. */
static inline uint64_t word_at(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* Not 0 if one of a word's bytes is above 9. */
static inline uint64_t word_above_9(uint64_t word)
{
	return (word | (word + (0x7f - 9) * WORD_EACH)) & 0x80 * WORD_EACH;
}

/* Not 0 if one of a word's bytes is a capital letter of ASCII. */
static inline uint64_t word_capitals(uint64_t word)
{
	uint64_t low = word & 0x7f * WORD_EACH;

	return (low + (0x80 - 'A') * WORD_EACH) &
	       ~(low + (0x7f - 'Z') * WORD_EACH) & ~word & 0x80 * WORD_EACH;
}

/* The last n (1 to 8) of a word's bytes in memory; 0 for the others. */
static inline uint64_t word_last(uint64_t word, size_t n)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return word >> 8 * (8 - n);
#else
	return n == 8 ? word : word & ((UINT64_C(1) << 8 * n) - 1);
#endif
}

/* Whether the n bytes at a and b, at least 8, are the same. */
static inline bool word_same(const char *a, const char *b, size_t n)
{
	uint64_t other = word_at(a + n - 8) ^ word_at(b + n - 8);

	for (size_t i = 0; i + 8 < n; i += 8)
		other |= word_at(a + i) ^ word_at(b + i);
	return other == 0;
}

#endif
