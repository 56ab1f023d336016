/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_HEADER_TAG_H
#define MAILBAN_SOURCES_HEADER_TAG_H

#include <stdbool.h>
#include <stddef.h>

struct line;

/*
 * Fills tag, message and head of a line, of which body is known and the program
 * begins at `at`: up to "[", a blank, or a colon with a blank behind. Any bytes
 * up to end are safe. Without heads, head stays 0.
 */
void header_tag_cut(
	const char *at, const char *end, bool heads, struct line *out);

#endif
