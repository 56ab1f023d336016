/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_FEED_JOURNALS_H
#define MAILBAN_DAEMON_FEED_JOURNALS_H

#include <stddef.h>

#include "daemon/feed_journal.h"

/* Empty: all of it 0. */
struct feed_journals {
	struct feed_journal **items; /* each journal once */
	size_t n;
	uint64_t lines_gone; /* of those that are not read any more */
};

/*
 * Reads what this configuration's jails want from now on; what is read already
 * goes on where it is. 0, or -errno if the host's own cannot be read.
 */
int feed_journals_configure(struct feed_journals *all,
	const struct config *config, struct state *state,
	const struct feed_journal_user *user);
void feed_journals_deinit(struct feed_journals *all);
/* As feed_journal.h has it, of each. */
bool feed_journals_read(struct feed_journals *all);
void feed_journals_tick(struct feed_journals *all);
/* again: also of those of which nothing was read since. */
void feed_journals_save(
	struct feed_journals *all, struct state *state, bool again);
uint64_t feed_journals_lines(const struct feed_journals *all);

#endif
