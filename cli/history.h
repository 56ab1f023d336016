/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_HISTORY_H
#define MAILBAN_CLI_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "ledger/counter.h"

struct options;

struct history_hour {
	int64_t number; /* since 1970 */
	struct counter sums;
};

/* What the daemon counted of the mail, hour by hour, the oldest first. */
struct history {
	int64_t since; /* when it began to count, seconds since 1970 */
	struct history_hour *hours;
	size_t n;
};

/*
 * Asks for the hours that begin at since or later, in seconds; the last is that
 * which is. One of EXIT_; EXIT_YES: to be given back to history_free.
 */
int history_ask(
	const struct options *options, int64_t since, struct history *history);
/* The same from what mailband left in its directory, while it does not run. */
int history_left(const char *statedir, int64_t since, struct history *history);
void history_free(struct history *history);

/* The sums of the hours that begin in [since, until). */
struct counter history_sum(
	const struct history *history, int64_t since, int64_t until);

#endif
