/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_HEADER_DATE_H
#define MAILBAN_SOURCES_HEADER_DATE_H

#include <stddef.h>
#include <stdint.h>

struct header_clock;
struct line;

/*
 * Behind the date that stands at `at` or behind a "<PRI>" there, NULL if there
 * is none; *time is its moment, microseconds since 1970. Of the forms that
 * header_cut() understands; any bytes up to end are safe.
 */
const char *header_date_cut(
	const char *at, const char *end, struct header_clock *c, int64_t *time);
/*
 * Where the seconds of a line's date stand, if what is in front of them is
 * certain to be the same moment for the next line too; 0 if not.
 */
size_t header_date_seconds(
	const struct header_clock *c, const struct line *line);

#endif
