/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers the heads of lines: a host has few programs, and what is known of
 * one need not be looked up by its text for each line. Two heads must never
 * have one number; whoever can write the log may have as many heads as he
 * likes, so only the first get one, and none is ever taken away.
 */
#include "lib/linehead.h"

#include <string.h>

#include "lib/byte.h"
#include "lib/line.h"

/* One process reads one line at a time. The first place stays free. */
struct linehead_known linehead_known[LINEHEAD_NUMBERS];
static unsigned int known_n;

bool linehead_cut(const struct line *line, struct linehead *out)
{
	const char *tag_end = line->tag + line->tag_len, *at = tag_end;

	if (line->tag_len == 0 || line->message < tag_end)
		return false;
	out->before = line->body;
	out->before_n = (size_t)(tag_end - line->body);
	out->pid = at < line->message && *at == '[';
	if (out->pid) {
		out->before_n++;
		at++;
		while (at < line->message && byte_is_digit(*at))
			at++;
	}
	out->room = line->body_len;
	out->after = at;
	out->after_n = (size_t)(line->message - at);
	return out->before_n >= 8 && out->before_n <= LINEHEAD_TEXT &&
	       out->after_n >= 1 && out->after_n <= 8;
}

static bool is_plain(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

bool linehead_is_plain(const struct linehead *h)
{
	return is_plain(h->before, h->before_n) &&
	       is_plain(h->after, h->after_n);
}

uint16_t linehead_search(const struct linehead *h)
{
	uint32_t at = linehead_hash(h);
	struct linehead_known *k;
	size_t first = h->before_n;

	for (;; at = (at + 1) % LINEHEAD_NUMBERS) {
		k = &linehead_known[at];
		if (linehead_is(k, h))
			return (uint16_t)at;
		if (!k->shape && at > 0)
			break;
	}
	if (known_n == LINEHEAD_NUMBERS / 2)
		return 0;
	known_n++;
	if (first > LINEHEAD_FIRST)
		first = LINEHEAD_FIRST;
	memset(k->mask, 0xff, first);
	memcpy(k->before, h->before, h->before_n);
	k->after = linehead_after(h);
	k->shape = linehead_shape(h);
	return (uint16_t)at;
}

uint16_t linehead_of(const struct line *line)
{
	struct linehead h;

	return linehead_cut(line, &h) ? linehead_number(&h) : 0;
}
