/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of a stranger's text may reach a terminal or a journal as it is. Never
 * asks the locale: the daemon has none, and what is a control is one anywhere.
 */
#include "lib/plain.h"

#include <stdio.h>
#include <string.h>

#include "lib/utf8.h"

size_t plain_decode(const char *text, size_t left, uint32_t *point)
{
	bool whole;
	size_t n = utf8_part(text, left, &whole);

	if (!whole)
		return 0;
	*point = utf8_point(text, n);
	return n;
}

bool plain_is(uint32_t v)
{
	if (v < 0x20 || (v >= 0x7f && v < 0xa0) || v == 0xad)
		return false;
	return v != 0x61c && !(v >= 0x200b && v <= 0x200f) &&
	       !(v >= 0x2028 && v <= 0x202e) && !(v >= 0x2060 && v <= 0x206f) &&
	       v != 0xfeff && !(v >= 0xfff9 && v <= 0xfffb) &&
	       !(v >= 0xe0000 && v <= 0xe0fff);
}

size_t plain_copy(char *out, size_t room, const char *text, size_t n,
	bool (*shows)(uint32_t point))
{
	char as[16]; /* \u{10ffff} */
	size_t at = 0, took, puts;
	uint32_t v;

	for (; n; text += took, n -= took) {
		const char *from = as;

		took = plain_decode(text, n, &v);
		if (took && plain_is(v) && (!shows || shows(v))) {
			from = text;
			puts = took;
		} else if (took > 1) {
			puts = (size_t)sprintf(as, "\\u{%x}", (unsigned)v);
		} else {
			puts = (size_t)sprintf(
				as, "\\x%02x", (unsigned char)*text);
			took = 1;
		}
		if (at + puts >= room)
			break;
		memcpy(out + at, from, puts);
		at += puts;
	}
	out[at] = '\0';
	return at;
}
