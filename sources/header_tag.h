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

#include "lib/block.h"
#include "lib/line.h"
#include "lib/word.h"

/*
 * Fills tag, message and head of a line, of which body is known and the program
 * begins at `at`: up to "[", a blank, or a colon with a blank behind. Any bytes
 * up to end are safe. Without heads, head stays 0.
 */
void header_tag_cut(
	const char *at, const char *end, bool heads, struct line *out);

/* How many of the bytes at p, of which there are eight, are digits, up to the
 * first that is none; not more than 7, which no pid has more of. */
static inline size_t header_tag_digits(const char *p)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t other = word_above_9(word_at(p) ^ '0' * WORD_EACH);

	return (unsigned int)__builtin_ctzll(other | UINT64_C(1) << 63) / 8;
#else
	size_t n = 0;

	while (n < 7 && p[n] >= '0' && p[n] <= '9')
		n++;
	return n;
#endif
}

/* Whether "]: " stands at p, where four bytes are. */
static inline bool header_tag_ends_pid(const char *p)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint32_t four;

	memcpy(&four, p, sizeof(four));
	return (four & 0xffffff) == 0x203a5d;
#else
	return memcmp(p, "]: ", 3) == 0;
#endif
}

#define HEADER_TAGS 128
#define HEADER_TAG_TEXT (2 * BLOCK)
/* What a line must have behind its tag's text, to be compared: digits, and what
 * stands behind them. */
#define HEADER_TAG_ROOM 12

/*
 * Programs that were cut off lines with one beginning: a host has few, and one
 * that comes again is compared at once. All zero, none is known.
 */
struct header_tags {
	uint64_t beginning; /* whose they are; another's are none */
	struct header_tag {
		char text[HEADER_TAG_TEXT]; /* "smtpd[", "dovecot: " */
		uint64_t beginning;	    /* + 1 */
		uint16_t head;
		uint8_t n, tag_len;
		bool pid; /* digits and "]: " are to follow */
	} items[HEADER_TAGS];
};

/* For header_tags_cut: from here on are so many bytes that count, then others.
 */
extern const char header_tag_mask[2 * HEADER_TAG_TEXT];

/* Which place: by what of most tags tells them apart, behind "postfix/". */
static inline size_t header_tags_place(const char *at)
{
	uint32_t four;

	memcpy(&four, at + 8, sizeof(four));
	return ((four ^ (unsigned char)at[12]) * UINT32_C(2654435761)) >> 25;
}

/*
 * As header_tag_cut, with the head, if the program that begins at `at` is
 * known; false, and *out untouched, if not. Programs come in an order that no
 * processor can guess: so there is but one branch.
 */
static inline bool header_tags_cut(const struct header_tags *tags,
	const char *at, const char *end, struct line *out)
{
	const struct header_tag *t;
	const char *mask, *after;
	block other;

	if (end - at < HEADER_TAG_TEXT)
		return false;
	t = &tags->items[header_tags_place(at)];
	if (end - at < t->n + HEADER_TAG_ROOM)
		return false;
	mask = header_tag_mask + HEADER_TAG_TEXT - t->n;
	other = (block_at(at) ^ block_at(t->text)) & block_at(mask);
	other |= (block_at(at + BLOCK) ^ block_at(t->text + BLOCK)) &
		 block_at(mask + BLOCK);
	after = at + t->n;
	after += -(size_t)t->pid & header_tag_digits(after);
	if (block_any(other) | (t->beginning != tags->beginning + 1) |
		(t->pid & !header_tag_ends_pid(after)))
		return false;
	out->tag = at;
	out->tag_len = t->tag_len;
	out->message = after + (-(size_t)t->pid & 3);
	out->message_len = (size_t)(end - out->message);
	out->head = t->head;
	return true;
}

/* Remembers the program of a line that header_tag_cut has cut, if it may. */
void header_tags_learn(struct header_tags *tags, const struct line *line);

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
