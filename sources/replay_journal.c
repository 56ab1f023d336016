/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal read once, from a moment to where it ends now: what a report of
 * a host without mail logs is made from.
 */
#include "sources/replay.h"

#include <stdio.h>
#include <string.h>

#include "sources/journal.h"

#define ENTRIES 4096 /* that are read at a time */

int replay_journal(
	int64_t since, source_line_fn fn, void *ctx, char *why, size_t room)
{
	struct journal *journal;
	int got = journal_new(&journal, NULL, NULL, since);

	if (got < 0) {
		snprintf(why, room, "%s", strerror(-got));
		return -1;
	}
	if (!journal_is_readable(journal)) {
		snprintf(why, room, "there is none that may be read");
		journal_free(&journal);
		return -1;
	}
	do {
		got = journal_read(journal, fn, ctx, ENTRIES);
	} while (got == ENTRIES);
	if (got < 0)
		snprintf(why, room, "%s", strerror(-got));
	journal_free(&journal);
	return got < 0 ? -1 : 0;
}
