/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_FEEDS_H
#define MAILBAN_DAEMON_FEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/passed.h"
#include "filters/failure.h"

struct config;
struct line;
struct state;

/*
 * The sources of all jails, each read once however many jails look at it, and
 * the way of its lines through the filters of those jails.
 */
struct feeds;

#define FEEDS_JOURNAL UINT32_MAX
#define FEEDS_SYSLOG (UINT32_MAX - 1)
/* Any journal but the host's own, whose mail is not counted. */
#define FEEDS_FOREIGN (UINT32_MAX - 2)

struct feeds_user {
	/* A failure that the filter of this jail found: of an address, or of
	 * failure->name. source: a file's number, in the order of the jails and
	 * their logpaths, FEEDS_SYSLOG, FEEDS_JOURNAL or FEEDS_FOREIGN. */
	void (*failure)(void *ctx, size_t jail, uint32_t source,
		const struct failure *failure);
	/* A line, once, if the settings have the mail counted: what the journal
	 * has of a file's lines, and what a stranger put there, is left out. */
	void (*line)(void *ctx, const struct line *line, uint32_t source);
	/* One that is not believed, as a stranger wrote the line. */
	void (*refused)(void *ctx, size_t jail);
	void *ctx;
};

/*
 * NULL with errno. Positions are taken from the state store (may be NULL)
 * where a source was read before. What was passed is theirs from now on.
 */
struct feeds *feeds_new(struct state *state, struct passed passed,
	const struct feeds_user *user);
void feeds_free(struct feeds **feeds);

/*
 * Reads for this configuration from now on, which must outlive it or be
 * replaced by another call. A source that is read already goes on where it
 * is. 0 or -errno.
 */
int feeds_configure(struct feeds *feeds, const struct config *config);

/* Readable when a log file changed: call feeds_read. */
int feeds_file_fd(const struct feeds *feeds);
/* Reads a portion of what is there; true if there is more. */
bool feeds_read(struct feeds *feeds);
/* The same of the journal, which is to be looked at every few ms. */
bool feeds_read_journal(struct feeds *feeds);
bool feeds_has_journal(const struct feeds *feeds);
/* Readable when the syslog socket is: call feeds_read_syslog, which reads a
 * portion. */
int feeds_syslog_fd(const struct feeds *feeds);
void feeds_read_syslog(struct feeds *feeds);
/* About once a second: files that came or went, and their like. */
void feeds_tick(struct feeds *feeds);
/* Puts the positions of what was read since the last call into the state. */
void feeds_save(struct feeds *feeds);
/* The positions of all. */
void feeds_save_all(struct feeds *feeds);
/* Read since the start, of all sources that there were. */
uint64_t feeds_lines(const struct feeds *feeds);

struct feed_status {
	uint32_t number;     /* as feeds_user has it */
	const char *name;    /* a path, "journal", "journal[namespace=x]" */
	const char *kind;    /* "file", "journal", "syslog" */
	const char *trouble; /* NULL if it is being read */
	uint64_t lines, matched;
	uint64_t cut;	  /* lines that were longer than a line may be */
	uint64_t refused; /* lines that would have counted if believed */
	uint64_t full;	  /* times that a socket had no room when it was read */
	int64_t lag;	  /* bytes not read yet */
	bool unused;	  /* a socket that was passed, and no jail has */
};

size_t feeds_count(const struct feeds *feeds);
/* The name of the i-th, as feeds_status() has it, and its number: "" for
 * one whose mail is not counted and for a socket that no jail has, NULL behind
 * the last. It lives until the next
 * feeds_configure(). */
const char *feeds_source(const struct feeds *feeds, size_t i, uint32_t *number);
void feeds_status(const struct feeds *feeds, size_t i, struct feed_status *out);
/* The i-th source of a jail: its name, or NULL. */
const char *feeds_of_jail(const struct feeds *feeds, size_t jail, size_t i);

#endif
