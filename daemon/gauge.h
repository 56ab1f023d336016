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
/* And the last: let another begin, with a report_watch as its first. */
#define GAUGE_AGAIN 'A'
/* What comes instead of a report: it was killed, and another begins with the
 * next message, a report_watch. */
#define GAUGE_LOST 'G'

/*
 * Serves the SOCK_SEQPACKET socket fd until its end: the first message is a
 * report_watch, with which it takes the rest of the file system from itself
 * (confined), each after it GAUGE_LOOK, which a report answers, or
 * GAUGE_AGAIN. Returns the status to exit with, KEEPER_AGAIN among them.
 */
int gauge_run(int fd, bool confined);

#endif
