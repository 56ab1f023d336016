/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_BYTE_H
#define MAILBAN_LIB_BYTE_H

#include <stdbool.h>

/* What a byte is. ASCII only: what a log says never depends on a locale. */

static inline bool byte_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool byte_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline bool byte_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool byte_is_word(char c)
{
	return byte_is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_';
}

static inline char byte_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

#endif
