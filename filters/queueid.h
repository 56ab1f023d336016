/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_QUEUEID_H
#define MAILBAN_FILTERS_QUEUEID_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Postfix' short ones have six digits and letters at least; its long ones have
 * 16, where no inode is above 345 million (src/global/mail_queue.h, 3.7). What
 * is longer is no id here. */
#define QUEUEID_LEAST 6
#define QUEUEID_MOST 16
#define QUEUEID_ROOM (QUEUEID_MOST + 2)

/*
 * How many bytes a queue id takes that a message begins with, ": " behind it
 * included: digits and letters, one digit at least ("NOQUEUE" is none). 0 if
 * there is none. QUEUEID_ROOM bytes of the message are there. Without a branch:
 * every other message has one, and no processor can guess which.
 */
static inline size_t queueid_cut(const char *message)
{
#ifdef __SSE2__
	const __m128i none = _mm_setzero_si128();
	__m128i v = _mm_loadu_si128((const __m128i_u *)message), digit, letter;
	uint32_t digits, other;
	uint16_t behind;
	size_t n;

	digit = _mm_sub_epi8(v, _mm_set1_epi8('0'));
	digit = _mm_cmpeq_epi8(_mm_subs_epu8(digit, _mm_set1_epi8(9)), none);
	letter = _mm_or_si128(v, _mm_set1_epi8(0x20));
	letter = _mm_sub_epi8(letter, _mm_set1_epi8('a'));
	letter = _mm_cmpeq_epi8(_mm_subs_epu8(letter, _mm_set1_epi8(25)), none);
	digits = (uint32_t)_mm_movemask_epi8(digit);
	other = ~(digits | (uint32_t)_mm_movemask_epi8(letter));
	n = (size_t)__builtin_ctz(other | UINT32_C(1) << QUEUEID_MOST);
	/* ": ", on a machine that has SSE2. */
	memcpy(&behind, message + n, sizeof(behind));
	digits &= (UINT32_C(1) << n) - 1;
	return -(size_t)((behind == 0x203a) & (digits != 0) &
			 (n >= QUEUEID_LEAST)) &
	       (n + 2);
#else
	(void)message;
	return 0;
#endif
}

#endif
