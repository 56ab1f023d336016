/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_PATTERN_H
#define MAILBAN_FILTERS_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A regex taken apart, for who judges it (mailban lint): the fields in which
 * it lets a text of any length stand, and texts that it matches.
 */
struct pattern;

/* Reads a regex in PCRE2's syntax; NULL if it holds what is not understood. */
struct pattern *pattern_new(const char *regex);
void pattern_free(struct pattern **pattern);

/*
 * The fields: parts that repeat without end (".*", "[^>]+"), but not those
 * within the address itself, and none in a look ahead or behind.
 */
size_t pattern_fields(const struct pattern *pattern);
/* The i-th as text: from the regex, not NUL-terminated. */
const char *pattern_field(const struct pattern *pattern, size_t i, size_t *n);

/* The regex with the i-th field in a group "field_i"; the caller frees. */
char *pattern_marked(const struct pattern *pattern);

/*
 * Writes a text that the regex is likely to match, with address where it takes
 * one and content (may be NULL) in the group of that name. Of the variants the
 * first is the plainest, and a variant is always the same. Returns its length,
 * or 0 if it does not fit; the text ends in a NUL.
 */
size_t pattern_sample(const struct pattern *pattern, unsigned int variant,
	const char *address, const char *content, char *buf, size_t room);

#endif
