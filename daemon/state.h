/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_STATE_H
#define MAILBAN_DAEMON_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

/*
 * What outlives the daemon, in STATEDIR/state.db (SQLite, WAL): bans,
 * offenders, tracked failures, hourly counts, and how far each source was
 * read. Changes are gathered until state_commit and then become one
 * transaction, so that a position never gets ahead of what was decided from
 * the lines before it, nor a count.
 *
 * A thread of its own writes them: what puts and commits never waits for a
 * disk. A disk that is full or read-only is told once; what is to be written
 * waits in memory until it takes it again, and if that becomes too much, or
 * the file turns out to be damaged, all has to be put anew: state_is_behind.
 */
struct state;

/* Whole days that attackers are kept for, and the day that is. */
#define STATE_ATTACKER_DAYS 8

/*
 * Opens or makes the database in dir. A file that is damaged or not ours is
 * moved aside. NULL only if another daemon uses it (told in the log); every
 * function below takes NULL and does nothing.
 */
struct state *state_open(const char *dir);
/* The store's file; NULL if nothing is kept. */
const char *state_file(const struct state *state);
/*
 * True if the last run did not get to close it, or there was none that this
 * file knows of: then the kernel may hold bans that are not in here.
 */
bool state_was_cut_off(const struct state *state);
/* Beyond this size, in bytes, old things go; bans in force never do. */
void state_limit(struct state *state, int64_t bytes);
/* Commits, waits for the disk, and closes. */
void state_close(struct state **state);
/* What was put becomes one transaction. Call it about once a second even if
 * there is nothing: a disk that failed is tried again by it. */
void state_commit(struct state *state);
/* Until what was committed is in the file, so that it outlives this process,
 * but no longer than so many seconds; at once when the disk fails. */
void state_wait(struct state *state, int seconds);

/* Whether what was committed is in the file by now. */
enum state_progress { STATE_WRITTEN, STATE_WRITING, STATE_FAILING };
enum state_progress state_progress(struct state *state);
/* Why the disk does not take it (of static storage), or NULL. */
const char *state_trouble(struct state *state);

/*
 * True once if changes were lost to a failing disk that takes them again now.
 * What was there is dropped; put all bans, offenders, failures and positions,
 * then commit.
 */
bool state_is_behind(struct state *state);

/* Times are seconds since 1970 UTC; end 0 is for ever. */
struct state_ban {
	const char *jail;
	struct prefix who;
	int64_t start, end;
	uint32_t count;
	const char *reason; /* never NULL */
};
void state_put_ban(struct state *state, const struct state_ban *ban);
void state_drop_ban(
	struct state *state, const char *jail, const struct prefix *who);
void state_put_offender(struct state *state, const char *jail,
	const struct prefix *who, uint32_t count, int64_t last);
/* A tracked address: n opaque bytes, the last failure; n = 0 drops it. */
void state_put_failures(struct state *state, const char *jail,
	const struct addr *who, int64_t last, const void *bytes, size_t n);
/* A source's position: n opaque bytes under its name. */
void state_put_position(
	struct state *state, const char *source, const void *bytes, size_t n);
/* n > room means that nothing was copied; 0: there is none. */
size_t state_get_position(
	struct state *state, const char *source, void *bytes, size_t room);

/*
 * Counts n more of what has this name (63 bytes at most, "lines" or "bans
 * JAIL") in this hour. At most 4096 names and hours are known at a time.
 */
void state_count(struct state *state, const char *name, uint64_t n);

/*
 * What was counted of the mail in an hour (its number since 1970), or under a
 * number below 0 of the caller's: n sums, never differences. It takes the
 * place of what was there.
 */
void state_put_mail(
	struct state *state, int64_t hour, const uint64_t *sums, size_t n);
/* An open message under a number of the caller's: n opaque bytes, and when it
 * was last spoken of; n = 0 drops it. And no message at all. */
void state_put_message(struct state *state, uint32_t number, int64_t last,
	const void *bytes, size_t n);
void state_drop_messages(struct state *state);
/* An account that sends, as a message above: n opaque bytes, and the hour in
 * which it was heard of last. */
void state_put_account(struct state *state, uint32_t number, int64_t hour,
	const void *bytes, size_t n);
/* Who attacked, by a kind and a name of the caller's: n counts by day, of
 * which the newest is of this one. n = 0 drops it. */
void state_put_attacker(struct state *state, int kind, const char *name,
	int64_t day, const uint32_t *counts, size_t n);

/*
 * What is kept, once what was committed is written; for the start. They wait
 * for the disk.
 */
typedef void (*state_ban_fn)(void *ctx, const struct state_ban *ban);
void state_each_ban(struct state *state, state_ban_fn fn, void *ctx);
typedef void (*state_offender_fn)(void *ctx, const char *jail,
	const struct prefix *who, uint32_t count, int64_t last);
void state_each_offender(struct state *state, state_offender_fn fn, void *ctx);
typedef void (*state_failures_fn)(void *ctx, const char *jail,
	const struct addr *who, const void *bytes, size_t n);
void state_each_failures(struct state *state, state_failures_fn fn, void *ctx);
typedef void (*state_mail_fn)(
	void *ctx, int64_t hour, const uint64_t *sums, size_t n);
void state_each_mail(struct state *state, state_mail_fn fn, void *ctx);
/* The same of the store in dir, which need not be open and stays as it is;
 * NULL, or why it cannot be read. */
const char *state_peek_mail(const char *dir, state_mail_fn fn, void *ctx);
/* The one that was spoken of last comes last. */
typedef void (*state_message_fn)(void *ctx, const void *bytes, size_t n);
void state_each_message(struct state *state, state_message_fn fn, void *ctx);
typedef void (*state_account_fn)(
	void *ctx, int64_t number, const void *bytes, size_t n);
void state_each_account(struct state *state, state_account_fn fn, void *ctx);
typedef void (*state_attacker_fn)(void *ctx, int kind, const char *name,
	int64_t day, const uint32_t *counts, size_t n);
void state_each_attacker(struct state *state, state_attacker_fn fn, void *ctx);

/*
 * Drops bans that ended, offenders and failures last seen, before a time; and
 * by today's date counts and accounts of 90 days ago, positions of a year ago
 * and attackers of STATE_ATTACKER_DAYS ago.
 */
void state_prune(
	struct state *state, int64_t bans, int64_t offenders, int64_t failures);

#endif
