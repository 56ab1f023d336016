/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_DECISIONS_H
#define MAILBAN_DAEMON_DECISIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filters/failure.h"
#include "jails/banlist.h"

struct config;
struct jail;
struct state;

/*
 * Who is banned, and since when: failures come in, bans and unbans go out.
 * Everything here is in memory; what must outlive it goes to the state store,
 * what must be enforced to the functions in decisions_out.
 */
struct decisions;

/* Offenders are remembered so long after their last ban. */
#define DECISIONS_DAYS 30

struct decisions_out {
	/* A ban begins, or is to be counted anew from now. */
	void (*ban)(void *ctx, const struct ban *ban);
	/* A ban is lifted before its time; one that ends is not told, the
	 * kernel's own timeout has ended it. */
	void (*unban)(void *ctx, const struct ban *ban);
	/* So many failures counted in a jail, at a time in seconds since 1970;
	 * not in one that counts bans. NULL: nobody asks. */
	void (*failed)(void *ctx, const struct prefix *who, uint32_t count,
		int64_t time);
	void *ctx;
};

struct decision_counts {
	uint64_t total_failed; /* failures found: lines, or attempts */
	uint64_t ignored;      /* failures of addresses that are never banned */
	uint64_t refused;      /* failures in lines that are not believed */
	uint64_t total_banned;
	uint32_t failed;    /* addresses with failures in their window */
	uint32_t banned;    /* bans in force */
	uint64_t repeated;  /* lines about attempts that were counted before */
	uint64_t evictions; /* addresses pushed out by the cap */
	uint64_t forgotten; /* the same of those whose attempts are known */
};

/* state may be NULL. config must outlive it or be replaced by reconfigure. */
struct decisions *decisions_new(const struct config *config,
	struct state *state, const struct decisions_out *out);
void decisions_free(struct decisions **decisions);
/*
 * Takes bans, offenders and failures out of the state store. A ban that is
 * still due is told to out, one that is over is dropped.
 */
void decisions_restore(struct decisions *decisions);
/* The kernel has this ban, with so many seconds of its time over and so many
 * left (-1: for ever). If it is not known it is now, if it must not be out is
 * told to lift it. True if it was taken. */
bool decisions_adopt(struct decisions *decisions, size_t jail,
	const struct prefix *who, int64_t over, int64_t left);
/*
 * Goes over to another configuration: jails of the same name keep their
 * failures and bans. Bans of jails that are gone are dropped; nothing is told
 * to out, as the kernel's sets are laid out anew by the caller.
 */
void decisions_reconfigure(
	struct decisions *decisions, const struct config *config);
/* Unbans whom the configuration ignores now; call it after reconfigure, once
 * out takes the jails' new numbers. */
void decisions_lift_ignored(struct decisions *decisions);

/* In the place of a failregex's number: no filter found it, or it is not known
 * which did. */
#define DECISIONS_BY_HAND (-1)
#define DECISIONS_BY_ANY (-2)

/* A failure that the jail's filter found. */
void decisions_failure(struct decisions *decisions, size_t jail,
	const struct failure *failure);
/*
 * The same of one of many, all decided in their order at the latest by
 * decisions_settle, which is to be called before anything else of these
 * functions: until then what each reads can be brought near.
 */
void decisions_later(struct decisions *decisions, size_t jail,
	const struct failure *failure);
void decisions_settle(struct decisions *decisions);
/* One whose line is not believed: it is only counted. */
void decisions_refused(struct decisions *decisions, size_t jail);
/* Ends what is over and forgets what is old; call it about once a second. */
void decisions_tick(struct decisions *decisions);
/* Puts what changed since the last call into the state store; or, if that is
 * behind (state_is_behind), all that is to be kept. */
void decisions_save(struct decisions *decisions);
void decisions_save_all(struct decisions *decisions);

enum decision_answer {
	DECISION_DONE,
	DECISION_NOTHING, /* it was so already */
	DECISION_IGNORED, /* the address must not be banned */
	DECISION_FULL,
};
/* By hand: for seconds, the jail's bantime if 0, for ever if negative. */
enum decision_answer decisions_ban(struct decisions *decisions, size_t jail,
	const struct prefix *who, int64_t seconds);
/*
 * A ban that was on trial is kept: for seconds from now, as above, and never
 * shorter than it was. DONE, or NOTHING if it is not banned.
 */
enum decision_answer decisions_confirm(struct decisions *decisions, size_t jail,
	const struct prefix *who, int64_t seconds);
/*
 * A ban from elsewhere: start 0 is now, count 0 one more than before; its end
 * is settled and to come. NOTHING if it is banned as long already. No failure
 * to the jails that count bans: the other host had it.
 */
enum decision_answer decisions_import(
	struct decisions *decisions, const struct ban *ban);
/* True if this is never to be banned in the jail. */
bool decisions_never_bans(const struct decisions *decisions, size_t jail,
	const struct prefix *who);
/* Lifts it and forgets its failures, in one jail. */
enum decision_answer decisions_unban(
	struct decisions *decisions, size_t jail, const struct prefix *who);

/* So many failures of this moment, told by hand: DONE or IGNORED. */
enum decision_answer decisions_attempt(struct decisions *decisions, size_t jail,
	const struct prefix *who, uint32_t failures);
/* The jail's maxretry or findtime is another now. Whoever has failed more
 * often than that already is banned by the next failure, not by this. */
void decisions_limits_changed(struct decisions *decisions, size_t jail);

void decisions_counts(const struct decisions *decisions, size_t jail,
	struct decision_counts *out);
/* Since the start, of all jails. */
struct decision_losses {
	uint64_t bans;	    /* that max_bans kept out */
	uint64_t offenders; /* whose bans of old it made forgotten */
};
void decisions_losses(
	const struct decisions *decisions, struct decision_losses *out);
const struct banlist *decisions_bans(const struct decisions *decisions);

#endif
