/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal read once, from a moment to where it ends now: what a report of
 * a host without mail logs is made from.
 */
#include "sources/replay.h"

#include <stdio.h>
#include <string.h>

#define ENTRIES 4096 /* that are read at a time */

int replay_entries(struct replay_entries *e, source_line_fn fn, void *ctx,
	char *why, size_t room)
{
	int got = journal_new(&e->journal, &e->place, NULL, e->since);

	if (got >= 0 && e->groups_n)
		got = journal_set_matches(e->journal, e->groups, e->groups_n);
	if (got < 0) {
		snprintf(why, room, "%s", strerror(-got));
		journal_free(&e->journal);
		return -1;
	}
	if (!journal_is_readable(e->journal)) {
		snprintf(why, room, "there is none that may be read");
		journal_free(&e->journal);
		return -1;
	}
	do {
		got = journal_read(e->journal, fn, ctx, ENTRIES);
	} while (got == ENTRIES);
	if (got < 0)
		snprintf(why, room, "%s", strerror(-got));
	journal_free(&e->journal);
	return got < 0 ? -1 : 0;
}

int replay_journal(
	int64_t since, source_line_fn fn, void *ctx, char *why, size_t room)
{
	struct replay_entries all = {.since = since};

	return replay_entries(&all, fn, ctx, why, room);
}
