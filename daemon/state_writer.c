/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread that writes the state store. A disk may stand still for seconds,
 * in a checkpoint's fsync at the latest: bans do not wait for it. It knows no
 * clock but the moment of the last commit.
 */
#include "daemon/state_parts.h"

#include <signal.h>

#include "lib/clock.h"
#include "lib/log.h"

/* How long to leave a failing disk alone, microseconds. */
#define RETRY_AFTER (2 * CLOCK_SECOND)

void state_failed(struct state *state, int r)
{
	pthread_mutex_lock(&state->lock);
	if (!state->failing)
		log_error("state: %s: bans go on in memory and kernel, state "
			  "is written again when there is room",
			sqlite3_errstr(r));
	state->failing = true;
	state->trouble = sqlite3_errstr(r);
	state->retry = state->now + RETRY_AFTER;
	pthread_mutex_unlock(&state->lock);
}

static int apply(struct state *state)
{
	size_t at = 0;
	sqlite3_stmt *s;

	while ((s = state_ops_bind(state, &at))) {
		int r = sqlite3_step(s);

		sqlite3_reset(s);
		if (r != SQLITE_DONE)
			return r;
	}
	return SQLITE_OK;
}

/* Of what failed, nothing that is held open is trusted. */
static int reopen(struct state *state)
{
	int r;

	if (state->db && !state->stale)
		return SQLITE_OK;
	state_shut(state);
	r = state_open_file(state);
	state->stale = r != SQLITE_OK;
	if (r != SQLITE_OK)
		state_shut(state);
	return r;
}

/* The batch as one transaction; SQLITE_OK, or why it is not in. */
static int write_batch(struct state *state)
{
	int r = reopen(state);

	if (r != SQLITE_OK)
		return r;
	r = sqlite3_exec(state->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (r == SQLITE_OK)
		r = apply(state);
	if (r == SQLITE_OK)
		r = sqlite3_exec(state->db, "COMMIT", NULL, NULL, NULL);
	if (r == SQLITE_OK)
		return r;
	state->stale = true;
	if (!sqlite3_get_autocommit(state->db))
		state_run(state->db, "ROLLBACK");
	return r;
}

/* What came of a write: to be told, and tried again. */
static void conclude(struct state *state, int r)
{
	bool damage = state_is_damage(r), again;

	if (damage) {
		pthread_mutex_lock(&state->disk);
		r = state_begin_anew(state);
		state->stale = r != SQLITE_OK;
		pthread_mutex_unlock(&state->disk);
	}
	if (r != SQLITE_OK)
		state_failed(state, r);
	pthread_mutex_lock(&state->lock);
	if (damage || r == SQLITE_OK)
		state_ops_clear(&state->batch);
	state->lost |= damage;
	again = r == SQLITE_OK && state->failing;
	if (r == SQLITE_OK)
		state->failing = false;
	if (state->unread && r == SQLITE_OK)
		state->lost = true;
	pthread_mutex_unlock(&state->lock);
	if (again)
		log_notice("state: written again");
}

bool state_has_work(const struct state *state)
{
	if (state->failing)
		return state->quit || state->now >= state->retry;
	return state->batch.n || state->pending.n;
}

static void *writer(void *ctx)
{
	struct state *state = ctx;
	int64_t limit;
	bool last;
	int r;

	pthread_mutex_lock(&state->lock);
	for (;;) {
		while (!state_has_work(state) && !state->quit)
			pthread_cond_wait(&state->work, &state->lock);
		if (!state_has_work(state))
			break;
		last = state->quit && state->failing;
		if (state->batch.n == 0) {
			struct state_ops empty = state->batch;

			state->batch = state->pending;
			state->pending = empty;
		}
		state->writing = true;
		limit = state->limit;
		pthread_mutex_unlock(&state->lock);
		pthread_mutex_lock(&state->disk);
		r = write_batch(state);
		if (r == SQLITE_OK)
			state_shrink(state, limit);
		pthread_mutex_unlock(&state->disk);
		conclude(state, r);
		pthread_mutex_lock(&state->lock);
		state->writing = false;
		pthread_cond_broadcast(&state->idle);
		if (last && state->failing)
			break;
	}
	pthread_mutex_unlock(&state->lock);
	return NULL;
}

bool state_writer_start(struct state *state)
{
	sigset_t all, old;
	int r;

	/* Signals are for the event loop. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&state->thread, NULL, writer, state);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r == 0;
}

void state_writer_stop(struct state *state)
{
	pthread_mutex_lock(&state->lock);
	state->quit = true;
	pthread_cond_signal(&state->work);
	pthread_mutex_unlock(&state->lock);
	pthread_join(state->thread, NULL);
}
