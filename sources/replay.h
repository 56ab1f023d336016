/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_REPLAY_H
#define MAILBAN_SOURCES_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sources/journal.h"
#include "sources/source.h"

/*
 * Hands on every line of a log that is read once and not followed: a file,
 * plain or as gzip(1) made it, or standard input for "-". 0, or -1 with what
 * is wrong in why ("the compressed data ends too early"); the lines before
 * that were handed on.
 */
int replay_read(
	const char *path, source_line_fn fn, void *ctx, char *why, size_t room);

/*
 * The same of the system's journal, from since (microseconds since 1970 UTC)
 * to its end.
 */
int replay_journal(
	int64_t since, source_line_fn fn, void *ctx, char *why, size_t room);

/*
 * What a host of Debian's has its mail log in: REPLAY_MAIL_LOG if there is such
 * a file (it takes a syslogd), else the word "journal".
 */
#define REPLAY_MAIL_LOG "/var/log/mail.log"
const char *replay_usual(void);

/* Which entries, and of which journal. */
struct replay_entries {
	struct journal_place place;
	int64_t since;
	const struct journal_match *groups; /* one must fit; none: all do */
	size_t groups_n;
	struct journal *journal; /* within fn: for journal_field */
};

/* The same of these. */
int replay_entries(struct replay_entries *e, source_line_fn fn, void *ctx,
	char *why, size_t room);

#endif
