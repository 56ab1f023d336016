/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_HISTORY_H
#define MAILBAN_DAEMON_HISTORY_H

/*
 * Writes all hours that statedir has counts of to stdout, as the answers to
 * the command history (counters_history), a line each. As root it becomes the
 * file's owner first, and stays that. 0, or 1 when told why not.
 */
int history_print(const char *statedir);

#endif
