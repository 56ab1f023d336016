/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_JOURNAL_H
#define MAILBAN_SOURCES_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sources/source.h"

/*
 * The systemd journal, read forward from a place that is kept as a cursor
 * (sd-journal(3)). Entries of rotated files, of files made after the opening
 * and of a journald that was restarted come in their order; when what follows
 * the cursor was vacuumed away, the reading goes on with what is left.
 */
struct journal;

/* Fields that an entry must all have, and of several values for one field any
 * of them; of several such groups one must fit. */
struct journal_match {
	const char *const *fields; /* "_SYSTEMD_UNIT=postfix@-.service" */
	size_t n;
};

/* Room for any cursor, NUL included. */
#define JOURNAL_CURSOR 512

struct journal_stats {
	uint64_t entries;
	uint64_t cut; /* messages longer than SOURCE_LINE_MOST */
	uint64_t reopened;
};

/*
 * Which journal: the files in dir, these files, or those of journald's for the
 * host or for a namespace of it. The texts outlive the journal.
 */
struct journal_place {
	const char *dir;
	const char **files; /* ends in a NULL; NULL: not by files */
	const char *name;   /* the namespace; NULL: the host's own */
	bool flagged;	    /* flags are given: sd_journal_open(3) */
	int flags;
};

/*
 * Opens a journal; place NULL: the host's. It begins behind cursor; without
 * one (NULL, "", or one that is damaged), at since: microseconds since 1970
 * UTC. 0 or -errno.
 */
int journal_new(struct journal **out, const struct journal_place *place,
	const char *cursor, int64_t since);
void journal_free(struct journal **journal);

/*
 * From now on only entries that fit one of these groups, all entries if n is
 * 0. Where it reads stays the same. 0 or -errno.
 */
int journal_set_matches(
	struct journal *journal, const struct journal_match *groups, size_t n);

/*
 * Hands on at most `most` entries. The line's body is "host program[pid]:
 * message", as fail2ban composes it; newlines of the message are blanks, so
 * that no message can look like a line of its own. Returns how many there
 * were, or -errno; fewer than `most` means that there is no more for now.
 */
int journal_read(struct journal *journal, source_line_fn fn, void *ctx,
	unsigned int most);
/* Within fn: this entry is the last of the read; there may be more. */
void journal_enough(struct journal *journal);

/*
 * Within fn: the value of a field of the entry that is being handed on, as
 * text in buf; NULL if it has none or it is longer than room - 1. Fields
 * whose names begin with '_' are journald's own word (systemd.journal-
 * fields(7)).
 */
const char *journal_field(
	struct journal *journal, const char *name, char *buf, size_t room);
/* Within fn: does the entry fit the group? */
bool journal_fits(struct journal *journal, const struct journal_match *group);

/* False as long as there is no file of the system's that may be read. */
bool journal_is_readable(const struct journal *journal);

/* To be called about once a second: notices a journal that comes to be. */
void journal_tick(struct journal *journal);

/* Where the next entry begins; "" as long as none was read. */
void journal_cursor(const struct journal *journal, char buf[JOURNAL_CURSOR]);
const struct journal_stats *journal_stats(const struct journal *journal);

#endif
