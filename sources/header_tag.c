/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cuts a line's program off, behind its host: "postfix/smtpd[123]: ", and tells
 * the number of its head. It runs for every line; what is unusual about one
 * must cost time, never another answer.
 */
#include "sources/header_tag.h"

#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "lib/byte.h"
#include "lib/line.h"
#include "lib/linehead.h"
#include "lib/word.h"

/* The first byte at or behind p that is a, b or a blank; end if none is. */
static inline const char *find_either(
	const char *p, const char *end, char a, char b)
{
#ifdef __SSE2__
	/* Sixteen at a time: as a rule that is one look, and no guess of how
	 * long a name is for the processor to get wrong. */
	for (; end - p >= 16; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i_u *)p);
		__m128i is = _mm_or_si128(
			_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(a)),
				_mm_cmpeq_epi8(v, _mm_set1_epi8(b))),
			_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(' ')),
				_mm_cmpeq_epi8(v, _mm_set1_epi8('\t'))));
		unsigned int bits = (unsigned int)_mm_movemask_epi8(is);

		if (bits)
			return p + __builtin_ctz(bits);
	}
#endif
	while (p < end && *p != a && *p != b && !byte_is_blank(*p))
		p++;
	return p;
}

/* Up to "[", a blank, or a colon with a blank behind; then the message. */
static void cut_unusual(
	const char *at, const char *end, bool heads, struct line *out)
{
	const char *p = find_either(at, end, '[', '[');

	if (p > at && p[-1] == ':' && (p == end || byte_is_blank(*p)))
		p--;
	out->tag = at;
	out->tag_len = (size_t)(p - at);
	/* The pid, and whatever is glued to it, is not the message yet. */
	p = find_either(p, end, ' ', ' ');
	out->message = p < end ? p + 1 : end;
	out->message_len = (size_t)(end - out->message);
	out->head = heads ? linehead_of(out) : 0;
}

/* "smtpd[123]: " and "dovecot: ", as nearly all are; false if it is neither. */
static inline bool cut_usual(
	const char *at, const char *end, bool heads, struct line *out)
{
	const char *p = find_either(at, end, '[', ':');
	struct linehead h = {.before = out->body, .room = out->body_len};

	if (end - p < 12 || p == at)
		return false;
	h.pid = *p == '[';
	h.before_n = (size_t)(p - out->body) + h.pid;
	if (h.pid) {
		h.after = p + 1 + header_tag_digits(p + 1);
		h.after_n = 3;
		if (memcmp(h.after, "]: ", 3) != 0 || h.after == p + 1)
			return false;
	} else {
		h.after = p;
		h.after_n = 2;
		if (memcmp(h.after, ": ", 2) != 0)
			return false;
	}
	if (h.before_n < 8 || h.before_n > LINEHEAD_TEXT)
		return false;
	out->tag = at;
	out->tag_len = (size_t)(p - at);
	out->message = h.after + h.after_n;
	out->message_len = (size_t)(end - out->message);
	out->head = heads ? linehead_number(&h) : 0;
	return true;
}

void header_tag_cut(
	const char *at, const char *end, bool heads, struct line *out)
{
	if (!cut_usual(at, end, heads, out))
		cut_unusual(at, end, heads, out);
}

const char header_tag_mask[2 * HEADER_TAG_TEXT] = {
	[0 ... HEADER_TAG_TEXT - 1] = (char)0xff};

void header_tags_learn(struct header_tags *tags, const struct line *line)
{
	const char *at = line->tag, *after = at + line->tag_len;
	bool pid = line->message > after && *after == '[';
	size_t n = line->tag_len + (pid ? 1 : 2);
	size_t room = (size_t)(line->message + line->message_len - at);
	struct header_tag *t;

	if (!line->head || n > HEADER_TAG_TEXT || room < HEADER_TAG_TEXT ||
		room < n + HEADER_TAG_ROOM)
		return;
	/* Without all that its place is of it would be everywhere. */
	if (pid && n < 13)
		return;
	after = at + n;
	if (pid)
		after += header_tag_digits(after);
	if (pid ? !header_tag_ends_pid(after) || line->message != after + 3
		: line->message != after || memcmp(after - 2, ": ", 2) != 0)
		return;
	t = &tags->items[header_tags_place(at)];
	*t = (struct header_tag){.beginning = tags->beginning + 1,
		.head = line->head,
		.n = (uint8_t)n,
		.tag_len = (uint8_t)line->tag_len,
		.pid = pid};
	memcpy(t->text, at, n);
}
