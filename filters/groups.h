/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_GROUPS_H
#define MAILBAN_FILTERS_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

#include "filters/regex.h"

/* What a failregex or prefregex may name in a line. */
enum group {
	OF_HOST, /* an address, or a name if names are allowed */
	OF_CIDR,
	OF_ID,
	OF_USER,
	OF_NOFAIL,
	OF_GAINED,
	OF_FORGET,
	OF_MLFID,
	OF_CONTENT,
	OF_ATTEMPTS,
	OF_SESSION,
	OF_WITNESS,
	OF_SPILL,
	OF_SPILLABLE,
	OF_RENAMED,
	OF_FAULT,
	OF_EXCUSABLE,
	GROUPS
};

#define GROUP_ALTERNATIVES 8

/*
 * For each of them the numbers of the groups that may hold it, the best first:
 * <F-USER>, then <F-ALT_USER_1>, <F-ALT_USER_2>. 0 ends a row.
 */
struct groups {
	uint32_t named; /* bit i: there is one of enum group's i-th */
	uint16_t of[GROUPS][GROUP_ALTERNATIVES + 1];
};

void groups_find(const struct regex *regex, struct groups *out);
static inline bool groups_has(const struct groups *g, enum group what)
{
	return g->named >> what & 1;
}
/* After a match: the first that is set and not empty; text NULL if none. */
struct regex_span groups_get(
	const struct groups *g, const struct regex *regex, enum group what);

#endif
