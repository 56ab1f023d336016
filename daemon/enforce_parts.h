/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_ENFORCE_PARTS_H
#define MAILBAN_DAEMON_ENFORCE_PARTS_H

/* What the files enforce*.c share, and nobody else. */

#include "daemon/enforce.h"
#include "daemon/refused.h"
#include "lib/clock.h"

/* A table that could not be laid out is tried again. */
#define LAYOUT_AGAIN (5 * CLOCK_SECOND)

struct enforce_order {
	bool ban; /* else unban */
	uint16_t jail;
	uint64_t nr; /* keeps their order when sorted */
	struct request_entry entry;
};

struct enforce {
	struct warden_client *client;
	const struct config *config;
	struct enforce_order *orders;
	size_t n, room;
	uint64_t next_nr;
	bool sorted;
	struct enforce_counts counts;
	uint64_t remade; /* how often the table was, as last told */
	struct enforce_user user;
	bool changed;	      /* by others, and not healed since */
	int layout_error;     /* 0, or why there is no table */
	int64_t layout_after; /* then: tried again, monotonic */
	struct refused refused;
	bool healing;	    /* and the warden is not through with it */
	int64_t heal_began; /* monotonic */
	int64_t heal_after; /* not before, monotonic */
};

/* A warden_reply_fn, of REQUEST_STATS; context is the enforce. */
void enforce_on_counts(const struct reply *reply, void *context);

/* A warden_changed_fn; context is the enforce. */
void enforce_changed(void *context);

#endif
