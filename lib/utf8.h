/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_UTF8_H
#define MAILBAN_LIB_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How many of the n bytes at s, 1 at least, belong together: a well-formed
 * sequence, then *whole, or as much of the beginning of one as there is, at
 * least one byte (Unicode, table 3-7 and "maximal subpart": no surrogates,
 * nothing overlong, nothing above 10FFFF).
 */
static inline size_t utf8_part(const char *s, size_t n, bool *whole)
{
	const unsigned char *b = (const unsigned char *)s;
	unsigned char low = 0x80, high = 0xbf;
	size_t len, i;

	*whole = b[0] < 0x80;
	if (*whole || b[0] < 0xc2 || b[0] > 0xf4)
		return 1;
	len = b[0] >= 0xf0 ? 4 : b[0] >= 0xe0 ? 3 : 2;
	if (b[0] == 0xe0)
		low = 0xa0;
	else if (b[0] == 0xed)
		high = 0x9f;
	else if (b[0] == 0xf0)
		low = 0x90;
	else if (b[0] == 0xf4)
		high = 0x8f;
	for (i = 1; i < len && i < n; i++) {
		if (b[i] < low || b[i] > high)
			return i;
		low = 0x80;
		high = 0xbf;
	}
	*whole = i == len;
	return i;
}

/* The code point of a well-formed sequence of len bytes. */
static inline uint32_t utf8_point(const char *s, size_t len)
{
	uint32_t v = (unsigned char)s[0];

	if (len > 1)
		v &= 0xffu >> (len + 1);
	for (size_t i = 1; i < len; i++)
		v = v << 6 | ((unsigned char)s[i] & 0x3f);
	return v;
}

#endif
