/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_ATTACKERS_PARTS_H
#define MAILBAN_DAEMON_ATTACKERS_PARTS_H

/* What attackers.c and attackers_tell.c share, and nobody else. */

#include <stdbool.h>

#include "daemon/attackers.h"
#include "daemon/state.h"
#include "lib/addr.h"

#define ATTACKERS_DAYS (STATE_ATTACKER_DAYS + 1)
#define ATTACKERS_SHELF 8
#define ATTACKERS_SHELVES (ATTACKERS_MOST / ATTACKERS_SHELF)
/* Bytes of an account; what is longer is cut. */
#define ATTACKERS_NAME 64

/* The first two are prefixes. */
enum attackers_kind {
	ATTACKERS_ADDRESS,
	ATTACKERS_NETWORK,
	ATTACKERS_ACCOUNT,
	ATTACKERS_KINDS
};

/* What is touched for a failure, a prefix's name included, is 64 bytes: one
 * step to memory that is seldom near. */
struct attacker {
	_Alignas(64) int32_t day; /* since 1970, local: the first of counts */
	uint32_t counts[ATTACKERS_DAYS];
	uint8_t n;    /* of name; 0: free */
	bool changed; /* not as the store has it */
	bool kept;    /* the store has it */
	/* A prefix's 16 bytes and length, or an account. */
	char name[ATTACKERS_NAME];
};

_Static_assert(offsetof(struct attacker, name) + 17 <= 64, "one step");

/*
 * What stands on a shelf, side by side: to find a name, or who has attacked
 * least, nobody else has to be looked at.
 */
struct attackers_label {
	/* Of the names; 0: free. */
	_Alignas(64) uint32_t prints[ATTACKERS_SHELF];
	uint32_t ranks[ATTACKERS_SHELF]; /* by day, then by count */
};

/* A failure that was not counted yet: what it touches is brought near, together
 * with what others do. */
struct attackers_waiting {
	struct prefix who[2]; /* itself and its network, of len 0: none */
	uint64_t hashes[2];
	uint32_t count;
	int64_t day;
};

#define ATTACKERS_WAITING 32

struct attackers {
	uint64_t seed;
	/* The day that is, and the wall clock's seconds that are of it. */
	int64_t day, day_begin, day_end;
	bool changed;
	struct state *state; /* for those who make room */
	struct attackers_waiting waiting[ATTACKERS_WAITING];
	size_t waiting_n;
	struct attackers_label labels[ATTACKERS_KINDS][ATTACKERS_SHELVES];
	struct attacker items[ATTACKERS_KINDS][ATTACKERS_SHELVES]
			     [ATTACKERS_SHELF];
};

/* Counts those who wait. */
void attackers_settle(struct attackers *attackers);
/* The account, or the prefix as text: in the attacker, or in text. */
const char *attackers_name(enum attackers_kind kind, const struct attacker *who,
	char text[PREFIX_TEXT]);
/* The number of the local day of a time in seconds since 1970. */
int64_t attackers_day(struct attackers *attackers, int64_t seconds);
/* The counts as they are seen from that day, if it is a later one. */
void attackers_turn_to(struct attacker *who, int64_t day);

#endif
