/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_FEED_JOURNAL_H
#define MAILBAN_DAEMON_FEED_JOURNAL_H

#include <stdbool.h>

#include "daemon/feeds.h"

struct jail_journal;

/* A journal as a feed: one reading for all jails that look at it. */
struct feed_journal;

struct feed_journal_user {
	struct feeds_user feeds;
	/* True once a jail has a file of its own to read (backend = auto). */
	bool (*file_is_read)(void *ctx, size_t jail);
	void *file_ctx;
};

/*
 * Makes *journal right for this configuration: opened if it was not, closed
 * (NULL) if no jail wants it. which is the journal, NULL the host's own, as
 * long as it is not open. 0, or -errno if the host's own cannot be opened;
 * another one is waited for.
 */
int feed_journal_configure(struct feed_journal **journal,
	const struct jail_journal *which, const struct config *config,
	struct state *state, const struct feed_journal_user *user);
/* Is it the one that is meant, or the host's own for NULL? */
bool feed_journal_is(
	const struct feed_journal *journal, const struct jail_journal *which);
void feed_journal_free(struct feed_journal **journal);
bool feed_journal_read(struct feed_journal *journal);
/* About once a second. */
void feed_journal_tick(struct feed_journal *journal);
void feed_journal_save(struct feed_journal *journal, struct state *state);
/* The same even if nothing was. */
void feed_journal_save_again(struct feed_journal *journal, struct state *state);
/* Entries read. */
uint64_t feed_journal_lines(const struct feed_journal *journal);
/* "journal", "journal[namespace=x]"; it lives as long as the journal. */
const char *feed_journal_name(const struct feed_journal *journal);
/* FEEDS_JOURNAL or FEEDS_FOREIGN. */
uint32_t feed_journal_number(const struct feed_journal *journal);
void feed_journal_status(
	const struct feed_journal *journal, struct feed_status *out);

#endif
