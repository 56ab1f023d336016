/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_GAUGE_H
#define MAILBAN_DAEMON_GAUGE_H

#include <stdbool.h>

#define GAUGE_PROGRAM "mailban-gauge"

/* Exit statuses of the program. */
#define GAUGE_END 0   /* the engine is gone */
#define GAUGE_FAULT 1 /* the environment */
#define GAUGE_USAGE 2
#define GAUGE_VIOLATION 3 /* what came was none of the two messages */

/* The second message, any number of times: look, and tell. */
#define GAUGE_LOOK 'L'

/*
 * Serves the SOCK_SEQPACKET socket fd until its end: the first message is a
 * report_watch, with which it takes the rest of the file system from itself
 * (confined), each after it GAUGE_LOOK, which a report answers. Returns the
 * status to exit with.
 */
int gauge_run(int fd, bool confined);

#endif
