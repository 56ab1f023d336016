/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_SPAN_H
#define MAILBAN_LEDGER_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

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
/* Where the first of them begins; NULL if there is none. */
#define SPAN_FIND(s, literal) SPAN_FIND_BY(s, literal, 0)
/* The same, looking for its byte number at first, which is a rare one. */
#define SPAN_FIND_BY(s, literal, at) \
	span_find((s), "" literal, sizeof(literal) - 1, (at))
/* True if it began with them, which are then cut off it. */
#define SPAN_SKIP(s, literal) \
	(SPAN_STARTS(*(s), literal) && span_skip((s), sizeof(literal) - 1))

/* For the few bytes of a line this is quicker than memmem(). */
__attribute__((always_inline)) static inline const char *span_find(
	struct span s, const char *what, size_t n, size_t at)
{
	const char *p = s.at + at, *last = s.at + s.n - (n - at);

	if (s.n < n)
		return NULL;
	while (p <= last && (p = memchr(p, what[at], (size_t)(last - p) + 1))) {
		if (memcmp(p - at, what, n) == 0)
			return p - at;
		p++;
	}
	return NULL;
}

static inline bool span_skip(struct span *s, size_t n)
{
	s->at += n;
	s->n -= n;
	return true;
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
	if (s.n >= 16) {
		__m128i v = _mm_loadu_si128((const __m128i_u *)s.at);
		int is = _mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(c)));

		if (is)
			return s.at + __builtin_ctz((unsigned)is);
		return memchr(s.at + 16, c, s.n - 16);
	}
#endif
	return memchr(s.at, c, s.n);
}

/* The last of them that begins; NULL if there is none. */
static inline const char *span_last(struct span s, struct span what)
{
	size_t places = s.n < what.n ? 0 : s.n - what.n + 1;
	const char *p;

	while (places && (p = memrchr(s.at, *what.at, places))) {
		if (memcmp(p, what.at, what.n) == 0)
			return p;
		places = (size_t)(p - s.at);
	}
	return NULL;
}

static inline bool span_same(struct span a, struct span b)
{
	if (a.n != b.n)
		return false;
	return a.n < 8 ? memcmp(a.at, b.at, a.n) == 0
		       : word_same(a.at, b.at, a.n);
}

/* ASCII only: what a log says never depends on a locale. */
static inline bool byte_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool byte_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool byte_is_word(char c)
{
	return byte_is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_';
}

static inline char byte_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
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
