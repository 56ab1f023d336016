/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_DATETEMPLATE_H
#define MAILBAN_FILTERS_DATETEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One way in which a log may write its dates: a row of datepattern, such as
 * "%Y-%m-%d %H:%M:%S", "{^LN-BEG}Epoch" or "TAI64N", compiled.
 */
struct datetemplate;

/* What a template found in a line. */
struct date_found {
	size_t start, end;	   /* of the whole match */
	size_t cut_start, cut_end; /* of what is cut out of the line */
	int64_t time;		   /* microseconds since 1970; 0: no such day */
	bool limited;		   /* not found, but given up */
};

/*
 * The template of a pattern, shared by all who ask for the same; each is given
 * back. NULL on error: then why (at least 200 bytes) holds what is wrong.
 * {DATE} is not known here. Source: fail2ban's datetemplate.py, jail.conf(5).
 */
struct datetemplate *datetemplate_get(
	const char *pattern, char *why, size_t room);
void datetemplate_put(struct datetemplate **template);
/* No text takes it long: see regex_trust(). */
void datetemplate_trust(struct datetemplate *template);

/* The row that it was made of. */
const char *datetemplate_pattern(const struct datetemplate *template);
/* Whether it can only stand at the line's beginning or end. */
bool datetemplate_is_anchored(const struct datetemplate *template);

/*
 * Searches text[from .. n), which is valid UTF-8 unless ascii. Whether the
 * date makes sense is for datetemplate_time to say, on the same text and
 * before the next search.
 */
bool datetemplate_search(struct datetemplate *template, const char *text,
	size_t n, size_t from, bool ascii, struct date_found *out);
int64_t datetemplate_time(const struct datetemplate *template);

#endif
