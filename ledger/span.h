/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_SPAN_H
#define MAILBAN_LEDGER_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "lib/byte.h"
#include "lib/word.h"

/*
 * A piece of a line, of any bytes, not NUL-terminated; at is never NULL. The
 * questions below ask for text that is known when compiled, so each is a
 * comparison of a few words.
 */
struct span {
	const char *at;
	size_t n;
};

#define SPAN(literal) ((struct span){"" literal, sizeof(literal) - 1})
/* Is it these bytes; does it begin, end with them? */
#define SPAN_IS(s, literal)              \
	((s).n == sizeof(literal) - 1 && \
		memcmp((s).at, "" literal, sizeof(literal) - 1) == 0)
#define SPAN_STARTS(s, literal)          \
	((s).n >= sizeof(literal) - 1 && \
		memcmp((s).at, "" literal, sizeof(literal) - 1) == 0)
#define SPAN_ENDS(s, literal)                                              \
	((s).n >= sizeof(literal) - 1 &&                                   \
		memcmp((s).at + (s).n - (sizeof(literal) - 1), "" literal, \
			sizeof(literal) - 1) == 0)
/* Where the first, the last of them begins; NULL if there is none. */
#define SPAN_FIND(s, literal) SPAN_FIND_BY(s, literal, 0)
#define SPAN_LAST(s, literal) span_last((s), "" literal, sizeof(literal) - 1)
/* The same, looking for its byte number at first, which is a rare one. */
#define SPAN_FIND_BY(s, literal, at) \
	span_find((s), "" literal, sizeof(literal) - 1, (at))
/* The same, of what is nowhere as a rule. */
#define SPAN_FIND_RARE(s, literal, at) \
	span_find_rare((s), "" literal, sizeof(literal) - 1, (at))
/* True if it began with them, which are then cut off it. */
#define SPAN_SKIP(s, literal) \
	(SPAN_STARTS(*(s), literal) && span_skip((s), sizeof(literal) - 1))

#ifdef __SSE2__
#define SPAN_BLOCK 16
/* At which of the SPAN_BLOCK bytes from p c stands, a bit each. */
static inline unsigned int span_bits(const char *p, char c)
{
	__m128i v = _mm_loadu_si128((const __m128i_u *)p);

	return (unsigned int)_mm_movemask_epi8(
		_mm_cmpeq_epi8(v, _mm_set1_epi8(c)));
}

/*
 * At which of the SPAN_BLOCK bytes from p the n bytes of what may begin, all
 * bits of a byte each: those at and behind it are theirs. All that is looked at
 * is there.
 */
__attribute__((always_inline)) static inline __m128i span_places(
	const char *p, const char *what, size_t n, size_t at)
{
	size_t next = at + 1 < n ? at + 1 : 0;
	__m128i a = _mm_loadu_si128((const __m128i_u *)(p + at));
	__m128i b = _mm_loadu_si128((const __m128i_u *)(p + next));

	a = _mm_cmpeq_epi8(a, _mm_set1_epi8(what[at]));
	b = _mm_cmpeq_epi8(b, _mm_set1_epi8(what[next]));
	return _mm_and_si128(a, b);
}

/* The same, a bit each. */
__attribute__((always_inline)) static inline unsigned int span_maybe(
	const char *p, const char *what, size_t n, size_t at)
{
	return (unsigned int)_mm_movemask_epi8(span_places(p, what, n, at));
}

/* Whether there is a bit in any of four blocks. */
__attribute__((always_inline)) static inline bool span_maybe_far(
	const char *p, const char *what, size_t n, size_t at)
{
	__m128i any = _mm_setzero_si128();

	for (size_t i = 0; i < 4; i++)
		any = _mm_or_si128(
			any, span_places(p + i * SPAN_BLOCK, what, n, at));
	return _mm_movemask_epi8(any) != 0;
}

/* All bits of those bytes of v that are from..to. */
static inline __m128i bytes_in(__m128i v, char from, char to)
{
	/* As signed numbers, from is then the least there is. */
	__m128i by = _mm_set1_epi8((char)(from + 128));

	return _mm_cmplt_epi8(_mm_sub_epi8(v, by),
		_mm_set1_epi8((char)(to - from + 1 - 128)));
}
#endif

static inline bool span_skip(struct span *s, size_t n)
{
	s->at += n;
	s->n -= n;
	return true;
}

/* For the few bytes of a line this is quicker than memmem(). */
__attribute__((always_inline)) static inline const char *span_find(
	struct span s, const char *what, size_t n, size_t at)
{
	size_t places = s.n < n ? 0 : s.n - n + 1, i = 0;

#ifdef __SSE2__
	while (places - i >= SPAN_BLOCK) {
		unsigned int maybe = span_maybe(s.at + i, what, n, at);

		for (; maybe; maybe &= maybe - 1) {
			const char *p = s.at + i + __builtin_ctz(maybe);

			if (memcmp(p, what, n) == 0)
				return p;
		}
		i += SPAN_BLOCK;
		/* The last block begins earlier, so as to be a whole one. */
		if (i < places && places - i < SPAN_BLOCK)
			i = places - SPAN_BLOCK;
	}
#endif
	for (; i < places; i++)
		if (s.at[i + at] == what[at] && memcmp(s.at + i, what, n) == 0)
			return s.at + i;
	return NULL;
}

/* The same of what is nowhere, as a rule: four blocks are one question. */
__attribute__((always_inline)) static inline const char *span_find_rare(
	struct span s, const char *what, size_t n, size_t at)
{
#ifdef __SSE2__
	while (s.n >= 4 * SPAN_BLOCK + n && !span_maybe_far(s.at, what, n, at))
		span_skip(&s, 4 * SPAN_BLOCK);
#endif
	return span_find(s, what, n, at);
}

__attribute__((always_inline)) static inline const char *span_last(
	struct span s, const char *what, size_t n)
{
	size_t places = s.n < n ? 0 : s.n - n + 1;

#ifdef __SSE2__
	for (; places >= SPAN_BLOCK; places -= SPAN_BLOCK) {
		const char *from = s.at + places - SPAN_BLOCK;
		unsigned int maybe = span_maybe(from, what, n, 0);

		while (maybe) {
			int top = 31 - __builtin_clz(maybe);

			if (memcmp(from + top, what, n) == 0)
				return from + top;
			maybe ^= 1U << top;
		}
	}
#endif
	while (places--)
		if (s.at[places] == *what &&
			memcmp(s.at + places, what, n) == 0)
			return s.at + places;
	return NULL;
}

static inline const char *span_end(struct span s)
{
	return s.at + s.n;
}

static inline struct span span_between(const char *from, const char *to)
{
	return (struct span){from, (size_t)(to - from)};
}

/* What follows p, which lies in s. */
static inline struct span span_from(struct span s, const char *p)
{
	return span_between(p, s.at + s.n);
}

/* What is looked for is mostly near. */
static inline const char *span_char(struct span s, char c)
{
#ifdef __SSE2__
	for (; s.n >= SPAN_BLOCK; span_skip(&s, SPAN_BLOCK)) {
		unsigned int is = span_bits(s.at, c);

		if (is)
			return s.at + __builtin_ctz(is);
	}
#endif
	for (; s.n; span_skip(&s, 1))
		if (*s.at == c)
			return s.at;
	return NULL;
}

static inline bool span_same(struct span a, struct span b)
{
	if (a.n != b.n)
		return false;
	return a.n < 8 ? memcmp(a.at, b.at, a.n) == 0
		       : word_same(a.at, b.at, a.n);
}

/* Up to the first blank. */
static inline size_t span_word(struct span s)
{
	size_t i = 0;

	while (i < s.n && !byte_is_space(s.at[i]))
		i++;
	return i;
}

/* How many digits it begins with. */
static inline size_t span_digits(struct span s)
{
	size_t i = 0;

	while (i < s.n && byte_is_digit(s.at[i]))
		i++;
	return i;
}

#endif
