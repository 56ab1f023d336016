/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_FEEDS_PARTS_H
#define MAILBAN_DAEMON_FEEDS_PARTS_H

/* What feeds.c and feeds_tell.c share, and nobody else. */

#include "daemon/feed_journals.h"
#include "daemon/feed_syslog.h"
#include "daemon/feeds.h"
#include "sources/file.h"

struct feeds_pattern;
struct seats;

struct feed {
	struct feeds *feeds;
	struct file_source *source;
	struct seats *seats; /* NULL: no jail looks at it */
	uint32_t number;
	uint64_t matched;
	uint64_t saved_lines; /* when its position was last saved */
	enum file_state told; /* what the log said of it */
};

struct feeds {
	struct state *state;
	struct feeds_user user;
	const struct config *config;
	struct file_watch *watch;
	struct feeds_pattern *patterns;
	size_t patterns_n;
	struct feed **items;
	size_t n;
	uint32_t numbers; /* of feeds that there were */
	struct feed_journals journals;
	struct feed_syslog *syslog;
	int64_t until;	     /* monotonic: of the portion */
	uint32_t searched;   /* lines since the clock was asked */
	uint64_t lines_gone; /* of sources that are not read any more */
};

/* Says in the log what became of a file, once. */
void feeds_tell(struct feed *feed);

#endif
