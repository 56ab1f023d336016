/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_OFFLINE_H
#define MAILBAN_CLI_OFFLINE_H

#include "filters/filterfile.h"

struct filter;
struct line;
struct options;

/*
 * What the commands that need no daemon have in common: a filter by the words
 * of the command line ("dovecot[mode=more]") and a log to run through it.
 */

/* The filter compiled, and if file is not NULL as read too, from the arena.
 * NULL when told why. */
struct filter *offline_filter(const char *text, const struct options *options,
	struct filterfile *file, struct arena *arena);

/*
 * Hands on each line of the log at a path, of standard input for "-", or the
 * text itself if it is no file and has a blank. EXIT_YES, or _FAULT when told.
 */
int offline_read(const char *what,
	void (*fn)(void *ctx, const struct line *line), void *ctx);

#endif
