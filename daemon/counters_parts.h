/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_COUNTERS_PARTS_H
#define MAILBAN_DAEMON_COUNTERS_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/counters.h"
#include "daemon/periods.h"
#include "ledger/ledger.h"
#include "lib/clock.h"

/*
 * What the live counters are made of, for the files that implement them:
 * counters.c (a line), counters_keep.c (over a restart) and counters_tell.c.
 */

#define COUNTERS_HOURS (90 * 24)
#define COUNTERS_HOUR (3600 * CLOCK_SECOND)
#define COUNTERS_COLUMNS 19

/* What is kept of a counter, in the order of the state store: a new one comes
 * last. */
struct counters_column {
	const char *name;
	size_t at; /* in struct counter */
};
extern const struct counters_column counters_columns[COUNTERS_COLUMNS];

enum { POSTFIX, DOVECOT, PROGRAMS, NEITHER = PROGRAMS };

struct counters_hour {
	int64_t number; /* since 1970 */
	uint64_t n[COUNTERS_COLUMNS];
};

struct counters {
	struct ledger *ledger;
	int64_t since; /* seconds since 1970 */
	struct periods *periods;
	/* The hour of the last line of a file, by program. */
	int64_t in_file[PROGRAMS];
	int64_t hour;			    /* of the last line */
	uint64_t at_hour[COUNTERS_COLUMNS]; /* what of the total is in hours */
	struct counters_hour hours[COUNTERS_HOURS]; /* by number % HOURS */
	/* Hours that are not as the store has them, a bit each. */
	uint64_t dirty[(COUNTERS_HOURS + 63) / 64];
	bool changed;	 /* there are such */
	bool renumbered; /* the store has open messages under other numbers */
};

/* The total of a column. */
uint64_t counters_total(const struct counters *c, size_t column);
void counters_set(struct counters *c, size_t column, uint64_t sum);
/* What was counted since the last call goes to its hour. */
void counters_settle(struct counters *c);

#endif
