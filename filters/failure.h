/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_FAILURE_H
#define MAILBAN_FILTERS_FAILURE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

/*
 * What a filter found in a line: the value that jails take. user points into
 * the line and is whatever the client sent: for people's eyes only.
 */
struct failure {
	struct prefix who;
	int64_t time;	/* the line's, microseconds since 1970 UTC; 0 = none */
	uint32_t count; /* failures that this one line tells of, at least 1 */
	const char *user;
	size_t user_len;
	const char *name; /* in who's place, if it is no address; else NULL */
	size_t name_len;
	int regex; /* which failregex matched, from 0 */
};

#endif
