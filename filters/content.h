/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_CONTENT_H
#define MAILBAN_FILTERS_CONTENT_H

#include <stddef.h>

/* Where in a line the content of a prefregex (<F-CONTENT>) may begin. */
struct content;

#define CONTENT_STARTS 8
#define CONTENT_UNKNOWN ((size_t)-1)

/* Of a prefregex in PCRE2's syntax. NULL if nothing can be said of it. */
struct content *content_new(const char *prefregex);
void content_free(struct content **content);

/*
 * All places, ascending or not, at which the content begins in any text that
 * the prefregex matches and that begins with these n bytes. Returns
 * how many there are, or CONTENT_UNKNOWN if what follows has a say in it.
 */
size_t content_starts(struct content *content, const char *head, size_t n,
	size_t starts[CONTENT_STARTS]);

#endif
