/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where lines end, of many at a time. A search that begins anew for each line
 * ends somewhere else each time, which no processor foresees; this looks at 64
 * bytes after 64, in which there is one newline or none as a rule. It runs over
 * every byte there is and must never read outside of them.
 */
#include "sources/newlines.h"

#include <string.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif

#define STEP 64

bool newlines_narrow;

#ifdef __SSE2__
static inline uint64_t newlines_of_block(const char *at)
{
	__m128i v = _mm_loadu_si128((const __m128i_u *)at);

	return (uint64_t)_mm_movemask_epi8(
		_mm_cmpeq_epi8(v, _mm_set1_epi8('\n')));
}

/* Bit i: byte i is a newline. Without a loop, of which there was more than of
 * the looking. */
static inline uint64_t newlines_of_step(const char *at)
{
	return newlines_of_block(at) | newlines_of_block(at + 16) << 16 |
	       newlines_of_block(at + 32) << 32 |
	       newlines_of_block(at + 48) << 48;
}

/* The same by half as many looks. */
__attribute__((target("avx2,bmi"))) static inline uint64_t
newlines_of_wide_step(const char *at)
{
	__m256i newline = _mm256_set1_epi8('\n');
	__m256i low = _mm256_loadu_si256((const __m256i_u *)at);
	__m256i high = _mm256_loadu_si256((const __m256i_u *)(at + 32));

	low = _mm256_cmpeq_epi8(low, newline);
	high = _mm256_cmpeq_epi8(high, newline);
	return (uint32_t)_mm256_movemask_epi8(low) |
	       (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

/* The whole steps; *n is how many newlines are in them, returns their bytes. */
__attribute__((always_inline)) static inline size_t find_in(const char *text,
	size_t bytes, uint16_t *offsets, size_t *n,
	uint64_t (*newlines_of)(const char *at))
{
	size_t at, found = 0;

	for (at = 0; at + STEP <= bytes; at += STEP) {
		uint64_t bits = newlines_of(text + at);

		/* Written in any case, and kept if there was one. */
		offsets[found] =
			(uint16_t)(at + (size_t)__builtin_ctzll(
						bits | UINT64_C(1) << 63));
		found += bits != 0;
		for (bits &= bits - 1; __builtin_expect(bits != 0, 0);
			bits &= bits - 1)
			offsets[found++] =
				(uint16_t)(at + (size_t)__builtin_ctzll(bits));
	}
	*n = found;
	return at;
}

__attribute__((target("avx2,bmi"))) static size_t find_in_wide_steps(
	const char *text, size_t bytes, uint16_t *offsets, size_t *n)
{
	return find_in(text, bytes, offsets, n, newlines_of_wide_step);
}

static size_t find_in_steps(
	const char *text, size_t bytes, uint16_t *offsets, size_t *n)
{
	/* As nearly all processors can that are in use. */
	if (!newlines_narrow && __builtin_cpu_supports("avx2") &&
		__builtin_cpu_supports("bmi"))
		return find_in_wide_steps(text, bytes, offsets, n);
	return find_in(text, bytes, offsets, n, newlines_of_step);
}
#else
static inline size_t find_in_steps(
	const char *text, size_t bytes, uint16_t *offsets, size_t *n)
{
	(void)text;
	(void)bytes;
	(void)offsets;
	*n = 0;
	return 0;
}
#endif

size_t newlines_find(
	const char *text, size_t n, uint16_t offsets[NEWLINES_BYTES])
{
	size_t found, at = find_in_steps(text, n, offsets, &found);
	const char *p = memchr(text + at, '\n', n - at);

	while (p) {
		at = (size_t)(p - text);
		offsets[found++] = (uint16_t)at++;
		p = memchr(text + at, '\n', n - at);
	}
	return found;
}
