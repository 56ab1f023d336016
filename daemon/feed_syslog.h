/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_FEED_SYSLOG_H
#define MAILBAN_DAEMON_FEED_SYSLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/feeds.h"
#include "daemon/passed.h"

struct config;

/* The syslog socket as a feed, for all jails with backend = syslog. */
struct feed_syslog;

/* passed.syslog is the feed's from now on. NULL with errno. */
struct feed_syslog *feed_syslog_new(struct passed passed);
void feed_syslog_free(struct feed_syslog **syslog);

/*
 * Reads for this configuration from now on: a socket of mailband's own is made,
 * moved or taken away as it says, one that was passed stays.
 */
void feed_syslog_configure(struct feed_syslog *syslog,
	const struct config *config, const struct feeds_user *user);

/* Readable when there is something to read, whatever socket there is. */
int feed_syslog_fd(const struct feed_syslog *syslog);
/* Reads a portion. */
void feed_syslog_read(struct feed_syslog *syslog);
/* About once a second. */
void feed_syslog_tick(struct feed_syslog *syslog);

/* Is there something to tell of it: a socket, or a jail that wants one? */
bool feed_syslog_is_there(const struct feed_syslog *syslog);
/* False of one that was passed, and no jail has. */
bool feed_syslog_is_wanted(const struct feed_syslog *syslog);
uint64_t feed_syslog_lines(const struct feed_syslog *syslog);
const char *feed_syslog_name(const struct feed_syslog *syslog);
void feed_syslog_status(
	const struct feed_syslog *syslog, struct feed_status *out);

#endif
