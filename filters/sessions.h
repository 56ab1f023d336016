/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_SESSIONS_H
#define MAILBAN_FILTERS_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

/*
 * What the lines of one connection said so far: <F-MLFID> names it, an address
 * may stand in one line and the failure in another.
 */
struct sessions;

/*
 * As many are remembered: a client that holds more connections open than there
 * are places would guess in them for nobody. From their last line so long,
 * which is fail2ban's own limit; and where the id is of so many digits that it
 * never comes again (OpenSMTPD's), longer than a client can wait.
 */
#define SESSIONS_MOST 4096
#define SESSION_SECONDS 300
#define SESSION_RANDOM 16
#define SESSION_RANDOM_SECONDS 86400
/* A longer id names no session: its lines stand for themselves. */
#define SESSION_ID 240
#define SESSION_NAME 128

/* What one line says of its connection. */
struct session_line {
	const char *id;
	size_t id_len;
	bool has_who;
	struct prefix who;
	const char *name; /* of a host, in the address's place; or NULL */
	size_t name_len;
	const char *user; /* or NULL */
	size_t user_len;
	bool nofail, gained, forget;
	int64_t time; /* microseconds; 0 is now */
};

/* What that makes, with what was known. */
struct session_answer {
	bool failure; /* it counts, for who or for name */
	bool has_who;
	struct prefix who;
	const char *name; /* valid until the next call */
	size_t name_len;
};

struct sessions *sessions_new(void);
void sessions_free(struct sessions **sessions);
/* Source: fail2ban's filter.py, _mergeFailure. */
void sessions_tell(struct sessions *sessions, const struct session_line *line,
	struct session_answer *out);

#endif
