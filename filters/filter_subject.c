/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line's body as regular expressions may see it: PCRE2 must never be given
 * bytes that are no UTF-8, and a byte that is none must not hide what stands
 * around it, so each becomes U+FFFD, as Python's decoder has it.
 */
#include "filters/filter.h"

#include <stdlib.h>
#include <string.h>

static bool is_ascii(const char *s, size_t n)
{
	uint64_t seen = 0, word;
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		memcpy(&word, s + i, 8);
		seen |= word;
	}
	for (; i < n; i++)
		seen |= (unsigned char)s[i];
	return !(seen & UINT64_C(0x8080808080808080));
}

/* The length of the well-formed sequence at s (Unicode, table 3-7); 0 if it
 * is none. */
static size_t sequence_length(const unsigned char *s, size_t n)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (n < len || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return len;
}

void filter_subject_clean(const char *text, size_t n, char **buffer,
	size_t *room, struct filter_subject *out)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t to = 0;

	out->text = text;
	out->n = n;
	out->ascii = is_ascii(text, n);
	if (out->ascii)
		return;
	/* Grows to three times the longest line, which sources cap. */
	if (*room < n * 3) {
		free(*buffer);
		*room = n * 3;
		*buffer = malloc(*room);
		if (!*buffer)
			abort();
	}
	while (n > 0) {
		size_t len = sequence_length(s, n);

		if (len == 0) {
			memcpy(*buffer + to, "\xef\xbf\xbd", 3);
			to += 3;
			len = 1;
		} else {
			memcpy(*buffer + to, s, len);
			to += len;
		}
		s += len;
		n -= len;
	}
	out->text = *buffer;
	out->n = to;
}

void filter_subject(const struct line *line, struct filter_subject *out)
{
	static char *buffer;
	static size_t room;

	out->line = line;
	out->dated = line->journal || line->body != line->text;
	out->time = line->time;
	filter_subject_clean(line->body, line->body_len, &buffer, &room, out);
}
