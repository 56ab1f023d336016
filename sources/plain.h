/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_PLAIN_H
#define MAILBAN_SOURCES_PLAIN_H

#include <stddef.h>

/* Copies bytes that are to stay on one line, most of them at most; returns how
 * many. */
static inline size_t plain_put(
	char *to, const char *from, size_t n, size_t most)
{
	if (n > most)
		n = most;
	for (size_t i = 0; i < n; i++)
		to[i] = from[i] == '\n' ? ' ' : from[i];
	return n;
}

#endif
