/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_HEADER_TAG_H
#define MAILBAN_SOURCES_HEADER_TAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "lib/line.h"
#include "lib/word.h"

/*
 * Fills tag, message and head of a line, of which body is known and the program
 * begins at `at`: up to "[", a blank, or a colon with a blank behind. Any bytes
 * up to end are safe. Without heads, head stays 0.
 */
void header_tag_cut(
	const char *at, const char *end, bool heads, struct line *out);

/* How many of the eight bytes at p are digits, up to the first that is none. */
static inline size_t header_tag_digits(const char *p)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t other = word_above_9(word_at(p) ^ '0' * WORD_EACH);

	return other ? (size_t)__builtin_ctzll(other) / 8 : 8;
#else
	size_t n = 0;

	while (n < 8 && p[n] >= '0' && p[n] <= '9')
		n++;
	return n;
#endif
}

/*
 * The same without a head, for "smtpd[123]: " and "dovecot: " alone; false, and
 * *out untouched, of what may be anything else. Programs come in an order that
 * no processor can guess: so there is but one branch, which asks whether this
 * was one of them, with a name of up to 31 bytes.
 */
static inline bool header_tag_plain(
	const char *at, const char *end, struct line *out)
{
#if defined(__SSE2__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	const __m128i_u *in = (const __m128i_u *)at;
	uint32_t ends = 0, behind, pid;
	const char *p, *after;

	if (end - at < 32)
		return false;
	for (int i = 0; i < 2; i++) {
		__m128i v = _mm_loadu_si128(in + i);
		__m128i is = _mm_or_si128(
			_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('[')),
				_mm_cmpeq_epi8(v, _mm_set1_epi8(':'))),
			_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(' ')),
				_mm_cmpeq_epi8(v, _mm_set1_epi8('\t'))));

		ends |= (uint32_t)_mm_movemask_epi8(is) << 16 * i;
	}
	p = at + __builtin_ctz(ends | UINT32_C(1) << 31);
	if (end - p < 14)
		return false;
	pid = *p == '[';
	after = p + (-(size_t)pid & (1 + header_tag_digits(p + 1)));
	memcpy(&behind, after, sizeof(behind));
	/* What ends a pid goes; then it is the same for both. */
	behind ^= -pid & 0x203a5d;
	behind ^= (pid - 1) & 0x203a;
	behind &= 0xffff | -pid << 16;
	behind &= 0xffffff;
	if (behind || p == at || after == p + 1)
		return false;
	out->tag = at;
	out->tag_len = (size_t)(p - at);
	out->message = after + 2 + pid;
	out->message_len = (size_t)(end - out->message);
	out->head = 0;
	return true;
#else
	(void)at, (void)end, (void)out;
	return false;
#endif
}

#endif
