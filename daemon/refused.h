/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_REFUSED_H
#define MAILBAN_DAEMON_REFUSED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/layout.h"

/* An unban that is still to be done. */
struct refused_unban {
	char jail[LAYOUT_NAME_MOST + 1];
	struct prefix who;
};

/* What the warden or the kernel did not take: told, and when it is to be put
 * in again. Bans the caller knows; unbans nobody knows any more, so that they
 * are kept here. Zero at first. */
struct refused {
	/* What was told last, and how many since were not. */
	char jail[LAYOUT_NAME_MOST + 1];
	int error;
	int64_t until; /* monotonic */
	uint64_t untold;
	bool missing;  /* some that the kernel may take later */
	int64_t after; /* then: put in again not before, monotonic */
	int64_t wait;  /* the last, microseconds */
	struct refused_unban *unbans;
	size_t n, room; /* of them, at most REFUSED_UNBANS_MOST */
};
/* Beyond it they end with their time in the kernel, or with a flush. */
#define REFUSED_UNBANS_MOST 65536u

/* One that was refused with this -errno, as a ban or as an unban. */
void refused_take(struct refused *r, const char *jail, const struct prefix *who,
	int error, bool ban);
/* The same of an unban for want of a table, which is told elsewhere. */
void refused_keep(
	struct refused *r, const char *jail, const struct prefix *who);
/* True when all bans are to be given to the warden once more,
 * and the unbans that are kept. */
bool refused_due(const struct refused *r);
/* That is being done: what was kept is the caller's now, *n of it, to be freed.
 * And it is done, and refused_take called for those that were
 * refused again. */
struct refused_unban *refused_again(struct refused *r, size_t *n);
void refused_settle(struct refused *r);
void refused_deinit(struct refused *r);

#endif
