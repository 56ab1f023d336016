/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_STATE_H
#define MAILBAN_DAEMON_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

/*
 * What outlives the daemon, in STATEDIR/state.db (SQLite, WAL): bans,
 * offenders, tracked failures, and how far each source was read. Changes are
 * gathered in one transaction until state_commit, so that a position never
 * gets ahead of what was decided from the lines before it.
 *
 * A disk that is full or read-only is told once; the daemon works on without,
 * and what was not written is lost only to the next start. A file that turns
 * out to be damaged while it is used is moved aside like one at the start.
 */
struct state;

/*
 * Opens or makes the database in dir. A file that is damaged or not ours is
 * moved aside. NULL only if there can be no state at all (told in the log);
 * every function below takes NULL and does nothing.
 */
struct state *state_open(const char *dir);
/* The store's file; NULL if nothing is kept. */
const char *state_file(const struct state *state);
/* Commits and closes. */
void state_close(struct state **state);
/* Ends the transaction if there is one; the next change begins another. */
void state_commit(struct state *state);

/*
 * True once if changes were lost to a failing disk that takes them again now:
 * then put everything, having dropped all bans first.
 */
bool state_is_behind(struct state *state);
void state_drop_bans(struct state *state);

/* Times are seconds since 1970 UTC; end 0 is for ever. */
void state_put_ban(struct state *state, const char *jail,
	const struct prefix *who, int64_t start, int64_t end, uint32_t count);
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

typedef void (*state_ban_fn)(void *ctx, const char *jail,
	const struct prefix *who, int64_t start, int64_t end, uint32_t count);
void state_each_ban(struct state *state, state_ban_fn fn, void *ctx);
typedef void (*state_offender_fn)(void *ctx, const char *jail,
	const struct prefix *who, uint32_t count, int64_t last);
void state_each_offender(struct state *state, state_offender_fn fn, void *ctx);
typedef void (*state_failures_fn)(void *ctx, const char *jail,
	const struct addr *who, const void *bytes, size_t n);
void state_each_failures(struct state *state, state_failures_fn fn, void *ctx);

/* Drops bans that ended, offenders and failures last seen, before a time. */
void state_prune(
	struct state *state, int64_t bans, int64_t offenders, int64_t failures);

#endif
