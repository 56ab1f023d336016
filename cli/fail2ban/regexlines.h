/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_FAIL2BAN_REGEXLINES_H
#define MAILBAN_CLI_FAIL2BAN_REGEXLINES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct regex;

/* The text that a regex sees of some lines, a newline behind each. */
struct regexlines_text {
	char *text; /* freed by who made it */
	size_t n;
	bool ascii;
};

void regexlines_text(struct regexlines_text *out, const json_t *lines);
/* [before, date, behind] as one text; the caller frees. */
char *regexlines_joined(const json_t *line, bool date, size_t *n);
/*
 * After a match in a text of these lines: those that it covers, without what
 * it skipped (<SKIPLINES>), and in *rest all others. Both are given back.
 */
json_t *regexlines_matched(const struct regex *regex,
	const struct regexlines_text *in, const json_t *lines, json_t **rest);

#endif
