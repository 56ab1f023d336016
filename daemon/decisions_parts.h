/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_DECISIONS_PARTS_H
#define MAILBAN_DAEMON_DECISIONS_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/config.h"
#include "daemon/decisions.h"
#include "jails/attempts.h"
#include "jails/banlist.h"
#include "jails/offender.h"
#include "jails/window.h"
#include "lib/hash.h"
#include "lib/prefixset.h"

/*
 * What decisions are made of, for the files that implement them: decisions.c
 * (failures to bans), decisions_tables.c (what they count in), decisions_hand.c
 * (what an admin decides), decisions_state.c (over a restart) and
 * decisions_change.c (over a reload and a clock that is set).
 */

/* Up to which count something was logged, and when: since boot, seconds. */
struct decisions_told {
	uint64_t count;
	int64_t at;
};

struct decisions_room {
	const struct jail *jail;
	struct window *window;
	struct attempts *attempts; /* NULL: it counts lines */
	/* Addresses pushed out of tables that were replaced since. */
	uint64_t evictions_before, forgotten_before;
	uint64_t kept_out; /* bans, by max_bans */
	char kept_out_last[PREFIX_TEXT];
	struct decisions_told told_evictions, told_forgotten, told_kept_out;
	uint64_t total_failed, ignored, refused, total_banned;
	/* Of these, what the hourly counts have. */
	uint64_t counted_failed, counted_banned;
	uint64_t repeated; /* lines about attempts counted before */
	uint32_t found_lines, found_left_out;
};

/* An address whose failures are not as the store has them. */
struct decisions_touched {
	uint32_t jail;
	bool gone; /* forgotten: what the store has is wrong */
	struct addr who;
	int64_t time; /* of the newest of the failures, if not gone */
};

/* So many are known; more are saved at once. */
#define DECISIONS_TOUCHED 8192
#define DECISIONS_RECENT 4096 /* a power of two */

/* A failure that was not decided yet. */
struct decisions_waiting {
	size_t jail;
	struct failure failure; /* without any text */
	struct attempt attempt; /* if the jail counts them */
	uint32_t hash;		/* of its address, as in all the tables */
};

/* So many wait for each other. */
#define DECISIONS_WAITING 32

struct decisions {
	const struct config *config;
	struct state *state;
	struct decisions_out out;
	struct hash_seed seed;
	uint64_t random;
	struct decisions_room *rooms; /* one for each jail of config */
	struct banlist *bans;
	struct offenders *offenders;
	struct decision_losses before; /* of tables that were replaced */
	struct decisions_told told_offenders;
	struct prefixset own; /* this host's addresses */
	/* Lines of the last tick were old: windows are not cut by today's
	 * clock while what was missed is being read. */
	bool behind;
	int64_t clock_offset; /* wall clock less the time since boot */
	int64_t pruned;	      /* since boot, seconds */
	struct decisions_touched
		*touched; /* whose failures changed since the save */
	size_t touched_n;
	/* Where some of them stand there, plus 1, by a hash: most of those who
	 * fail have done so a moment ago. */
	uint16_t recent[DECISIONS_RECENT];
	struct decisions_waiting waiting[DECISIONS_WAITING];
	size_t waiting_n;
};

/* Wall clock, in whole seconds. */
int64_t decisions_now(void);
/* Wall clock less the time since boot: changes when the clock is set. */
int64_t decisions_clock_offset(void);
/* Empty ones as the configuration wants them; never NULL, but for the
 * attempts of a jail that counts lines. */
struct window *decisions_window(
	const struct decisions *d, const struct jail *jail);
struct attempts *decisions_attempts(
	const struct decisions *d, const struct jail *jail);
struct banlist *decisions_banlist(const struct decisions *d);
struct offenders *decisions_offenders(const struct decisions *d);
struct decisions_room *decisions_rooms(const struct decisions *d);
/* Since the start: how many made room in the window, in the attempts. */
uint64_t decisions_evictions(const struct decisions_room *room);
uint64_t decisions_forgotten(const struct decisions_room *room);
/* Says in the log what was lost, once a minute at most; call it each tick. */
void decisions_tell_losses(struct decisions *d);
/* True if it must not be banned: ignoreip, ignoreself, never_lock_out. */
bool decisions_ignores(const struct decisions *d, const struct jail *jail,
	const struct prefix *who);
/* The jail of this name, config->n if there is none. */
size_t decisions_jail(const struct config *config, const char *name);

/* A failure of before into a window that may now have a smaller maxretry: it
 * must not ban by that alone. */
void decisions_remember(struct window *window, const struct jail *jail,
	const struct addr *who, int64_t time, uint32_t count);

/* Decides about a failure, the time being now. */
void decisions_decide(
	struct decisions *d, const struct decisions_waiting *w, int64_t now);

/* How often it was banned before, as the jail's bantime.increment counts. */
uint32_t decisions_times_before(
	const struct decisions *d, size_t jail, const struct prefix *who);
/* Puts a ban in force; its count is set. */
enum decision_answer decisions_begin(struct decisions *d, struct ban *ban);
/* Remembers that this address's failures are to be saved: one at that time
 * was added, or they are gone. */
void decisions_touch(struct decisions *d, size_t jail, const struct addr *who,
	int64_t time, bool gone);
/* A ban more for bantime.increment, in the tables and the store. */
void decisions_remember_offender(
	struct decisions *d, const struct ban *ban, const char *name);
/* A ban is over and out of the list: the store forgets it. ctx is d. */
void decisions_on_end(void *ctx, const struct ban *ban);

/* Into the state store. */
void decisions_put_ban(struct decisions *d, const struct ban *ban);
/* Has the state store forget what is over. */
void decisions_prune(struct decisions *d);
/* If the clock was set since the last call, bans and failures go along. */
void decisions_follow_clock(struct decisions *d);

#endif
