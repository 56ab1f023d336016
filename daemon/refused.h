/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_REFUSED_H
#define MAILBAN_DAEMON_REFUSED_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/layout.h"

/* What the warden or the kernel did not take: told, and when it is to be put
 * in again. Zero at first. */
struct refused {
	/* What was told last, and how many since were not. */
	char jail[LAYOUT_NAME_MOST + 1];
	int error;
	int64_t until; /* monotonic */
	uint64_t untold;
	bool missing;  /* some that the kernel may take later */
	int64_t after; /* then: put in again not before, monotonic */
	int64_t wait;  /* the last, microseconds */
};

/* One that was refused with this -errno, as a ban or as an unban. */
void refused_take(struct refused *r, const char *jail, const struct prefix *who,
	int error, bool ban);
/* True when all bans are to be given to the warden once more. */
bool refused_due(const struct refused *r);
/* That is being done; and is done, and refused_take called for those that were
 * refused again. */
void refused_again(struct refused *r);
void refused_settle(struct refused *r);

#endif
