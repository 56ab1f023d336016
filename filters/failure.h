/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_FAILURE_H
#define MAILBAN_FILTERS_FAILURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

/*
 * What a filter found in a line: the value that jails take. user points into
 * the line and is whatever the client sent: for people's eyes only. What tells
 * whether other lines are about the same attempt is the server's own word.
 */
struct failure {
	struct prefix who;
	int64_t time; /* the line's, microseconds since 1970 UTC; 0 = none */
	const char *user;
	size_t user_len;
	const char *name; /* in who's place, if it is no address; else NULL */
	size_t name_len;
	bool is_host;  /* that name is a host's, and may be looked up */
	int regex;     /* which failregex matched, from 0 */
	uint32_t more; /* lines that this one stands for beside itself */
	/* How many attempts its connection made so far; 0: it does not say. */
	uint32_t attempts;
	/* The connection: its name; or, nameless, that it has none; or, NULL
	 * and not nameless, nothing is said of it. */
	const char *session;
	size_t session_len;
	bool nameless;
	const char *witness; /* who tells of it, where several may; or NULL */
	size_t witness_len;
};

#endif
