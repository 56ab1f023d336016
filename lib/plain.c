/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of a stranger's text may reach a terminal or a journal as it is. Never
 * asks the locale: the daemon has none, and what is a control is one anywhere.
 */
#include "lib/plain.h"

#include <stdio.h>
#include <string.h>

size_t plain_decode(const char *text, size_t left, uint32_t *point)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *t = (const unsigned char *)text;
	uint32_t v;
	size_t n, i;

	if (t[0] < 0x80) {
		*point = t[0];
		return 1;
	}
	n = t[0] >= 0xf0 ? 4 : t[0] >= 0xe0 ? 3 : 2;
	if (t[0] < 0xc2 || t[0] > 0xf4 || n > left)
		return 0;
	v = t[0] & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((t[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (t[i] & 0x3f);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	*point = v;
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
