/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_COUNTERS_PARTS_H
#define MAILBAN_DAEMON_COUNTERS_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/counters.h"
#include "daemon/periods.h"
#include "ledger/ledger.h"
#include "lib/linehead.h"
#include "lib/clock.h"

/*
 * What the live counters are made of, for the files that implement them:
 * counters.c (a line), counters_keep.c (over a restart) and counters_tell.c.
 */

#define COUNTERS_HOURS (90 * 24)
#define COUNTERS_HOUR (3600 * CLOCK_SECOND)

enum { COUNTERS_POSTFIX, COUNTERS_DOVECOT, COUNTERS_NEITHER };

struct counters_hour {
	int64_t number; /* since 1970 */
	uint64_t n[COUNTER_FIELDS];
};

#define COUNTERS_OWNERS 16
#define COUNTERS_INSTANCE 48

/* The source that a program is counted from, and its last line's hour. */
struct counters_owner {
	char name[COUNTERS_INSTANCE + 1];
	size_t n;
	bool dovecot;
	uint64_t lines, unknown;
	uint32_t source;
	uint64_t from; /* the source's name, by its hash; 0: not known */
	int64_t hour;
};

/* Of the run before: names by their hashes. */
struct counters_kept {
	uint64_t name, from;
	int64_t hour;
};
/* Numbers that owners take in the store. */
#define COUNTERS_KEPT (3 * COUNTERS_OWNERS)

struct counters {
	struct ledger *ledger;
	struct attackers *attackers;
	counters_sign_fn sign;
	void *sign_ctx;
	struct outbound *outbound;
	int64_t since; /* seconds since 1970 */
	struct periods *periods;
	struct counters_owner owners[COUNTERS_OWNERS];
	size_t owners_n;
	struct counters_kept kept[COUNTERS_OWNERS];
	size_t kept_n;
	counters_source_fn source;
	void *source_ctx;
	uint8_t owner_of_head[LINEHEAD_NUMBERS]; /* its place + 1; 0: unknown */
	int64_t hour;				 /* of the last line */
	uint64_t at_hour[COUNTER_FIELDS]; /* what of the total is in hours */
	struct counters_hour hours[COUNTERS_HOURS]; /* by number % HOURS */
	/* Hours that are not as the store has them, a bit each. */
	uint64_t dirty[(COUNTERS_HOURS + 63) / 64];
	bool changed;	 /* there are such */
	bool renumbered; /* the store has open messages under other numbers */
};

/* The total of a field. */
static inline uint64_t counters_total(const struct counters *c, size_t field)
{
	return *counter_at(&c->ledger->total, field);
}

/* What was counted since the last call goes to its hour. */
void counters_settle(struct counters *c);

/* Whose line it is; there is always one. */
struct counters_owner *counters_owner_of(
	struct counters *c, const struct line *line, bool dovecot);
/* Is its line of that hour counted from another source? If not it counts. */
bool counters_told_twice(const struct counters *c, struct counters_owner *owner,
	uint32_t source, int64_t hour);
/* What the next run is to know of them: at most COUNTERS_KEPT numbers, and how
 * many; and in that run, before a line. */
size_t counters_owners_put(const struct counters *c, uint64_t *numbers);
void counters_owners_take(
	struct counters *c, const uint64_t *numbers, size_t n);

#endif
