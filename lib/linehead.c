/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers the heads of lines: a host has few programs, and what is known of
 * one need not be looked up by its text for each line. Two heads must never
 * have one number; whoever can write the log may have as many heads as he
 * likes, so only the first get one, and none is ever taken away.
 */
#include "lib/linehead.h"

#include <string.h>

#include "lib/line.h"
#include "lib/word.h"

struct known {
	uint8_t before_n; /* 0: free */
	uint8_t after_n;
	bool pid;
	uint64_t after; /* word_last of it */
	char before[LINEHEAD_TEXT];
};

/* One process reads one line at a time. Its first place stays free. */
static struct known known[LINEHEAD_NUMBERS];
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
		while (at < line->message && *at >= '0' && *at <= '9')
			at++;
	}
	out->after = at;
	out->after_n = (size_t)(line->message - at);
	return out->before_n >= 8 && out->before_n <= LINEHEAD_TEXT &&
	       out->after_n >= 1 && out->after_n <= 8;
}

/* Of its last bytes, where programs differ. */
static uint32_t hash(const struct linehead *h)
{
	size_t n = h->before_n;
	uint64_t sum = word_at(h->before + n - 8) +
		       word_at(h->before + (n < 16 ? 0 : n - 16)) *
			       UINT64_C(0x9e3779b97f4a7c15) +
		       n;

	return (uint32_t)(sum * UINT64_C(0x9fb21c651e98df25) >> 40);
}

static bool is(const struct known *k, const struct linehead *h, uint64_t after)
{
	return k->before_n == h->before_n && k->after_n == h->after_n &&
	       k->pid == h->pid && k->after == after &&
	       word_same(k->before, h->before, h->before_n);
}

uint16_t linehead_number(const struct linehead *h)
{
	/* There are eight bytes: before it stand as many. */
	uint64_t after =
		word_last(word_at(h->after + h->after_n - 8), h->after_n);
	uint32_t at = hash(h) % LINEHEAD_NUMBERS;
	struct known *k;

	for (;; at = (at + 1) % LINEHEAD_NUMBERS) {
		k = &known[at];
		if (is(k, h, after))
			return (uint16_t)at;
		if (!k->before_n && at > 0)
			break;
	}
	if (known_n == LINEHEAD_NUMBERS / 2)
		return 0;
	known_n++;
	k->before_n = (uint8_t)h->before_n;
	k->after_n = (uint8_t)h->after_n;
	k->pid = h->pid;
	k->after = after;
	memcpy(k->before, h->before, h->before_n);
	return (uint16_t)at;
}

uint16_t linehead_of(const struct line *line)
{
	struct linehead h;

	return linehead_cut(line, &h) ? linehead_number(&h) : 0;
}
