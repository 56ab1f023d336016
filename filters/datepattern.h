/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_DATEPATTERN_H
#define MAILBAN_FILTERS_DATEPATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* How a match of the regex tells the moment. */
enum date_kind {
	DATE_FIELDS, /* in named groups of one letter: "d", "H" */
	DATE_SECONDS,
	DATE_LONG_SECONDS, /* maybe in milli- or microseconds */
	DATE_TAI64N,
};

struct datepattern {
	enum date_kind kind;
	int group;     /* of the number, if kind is not DATE_FIELDS */
	bool anchored; /* it can only stand at the line's beginning or end */
};

/*
 * The regex of a row, in Python's syntax; group 1 is what is cut out of the
 * line. NULL on error: then why (at least 200 bytes) holds what is wrong. The
 * caller frees. {DATE} is not known here.
 * Source: fail2ban's datetemplate.py, jail.conf(5).
 */
char *datepattern_regex(
	const char *pattern, struct datepattern *out, char *why, size_t room);

/* The pattern without what binds it to a line's or a word's edge, for {DATE};
 * the caller frees. */
char *datepattern_unbound(const char *pattern);

#endif
