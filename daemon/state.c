/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state store's file: opened, moved aside, closed. Only daemon/state*.c
 * know SQLite. Nothing here may stop the daemon: a failing disk costs memory
 * over the next restart, never a ban.
 */
#include "daemon/state_parts.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/log.h"

/* As the pragma auto_vacuum tells it. */
#define INCREMENTAL 2
/* mailban.conf's own default takes its place at once. */
#define LIMIT (INT64_C(64) << 20)

void state_shut(struct state *state)
{
	for (int i = 0; i < STATE_STATEMENTS; i++) {
		sqlite3_finalize(state->made[i]);
		state->made[i] = NULL;
	}
	sqlite3_close(state->db);
	state->db = NULL;
}

/* An error that SQLite has, or NOTADB where it sees none. */
static int why(sqlite3 *db)
{
	int r = sqlite3_errcode(db);

	return r == SQLITE_OK || r == SQLITE_DONE || r == SQLITE_ROW
		       ? SQLITE_NOTADB
		       : r;
}

int state_open_file(struct state *state)
{
	int r = sqlite3_open_v2(state->path, &state->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
			SQLITE_OPEN_NOMUTEX,
		NULL);

	if (r != SQLITE_OK)
		return r;
	state_run(state->db, "PRAGMA locking_mode=EXCLUSIVE");
	/* Only now, before the first table, can the file learn to shrink. To
	 * say so again would be a write, and a start would wait for syncs. */
	if (state_number(state->db, "PRAGMA auto_vacuum") != INCREMENTAL)
		state_run(state->db, "PRAGMA auto_vacuum=INCREMENTAL");
	r = sqlite3_exec(
		state->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
	if (r != SQLITE_OK)
		return r;
	state_run(state->db, "PRAGMA synchronous=NORMAL");
	state_run(state->db, "PRAGMA cache_size=-1024");
	state_run(state->db, "PRAGMA journal_size_limit=4194304");
	return state_schema(state->db) && state_prepare(state) ? SQLITE_OK
							       : why(state->db);
}

static void move_aside(const char *path)
{
	static const char *const parts[] = {"", "-wal", "-shm"};
	char from[4096], to[4200];

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		snprintf(from, sizeof(from), "%s%s", path, parts[i]);
		snprintf(to, sizeof(to), "%s.damaged-%lld%s", path,
			(long long)(clock_wall() / CLOCK_SECOND), parts[i]);
		if (rename(from, to) == 0 && i == 0)
			log_error(
				"%s is damaged, or another version's: moved to "
				"%s, a new one is begun",
				path, to);
	}
}

bool state_is_damage(int r)
{
	r &= 0xff; /* without SQLite's finer distinctions */
	return r == SQLITE_CORRUPT || r == SQLITE_NOTADB;
}

int state_begin_anew(struct state *state)
{
	int r;

	state_shut(state);
	move_aside(state->path);
	r = state_open_file(state);
	if (r != SQLITE_OK)
		state_shut(state);
	return r;
}

static void state_delete(struct state *state)
{
	for (size_t i = 0; i < state->places_n; i++) {
		free(state->places[i].source);
		free(state->places[i].bytes);
	}
	free(state->places);
	free(state->counts);
	state_ops_clear(&state->filling);
	state_ops_clear(&state->pending);
	state_ops_clear(&state->batch);
	pthread_mutex_destroy(&state->lock);
	pthread_mutex_destroy(&state->disk);
	pthread_cond_destroy(&state->work);
	pthread_cond_destroy(&state->idle);
	free(state->path);
	free(state);
}

/* The file as it is found; false if somebody else has it. */
static bool state_begin(struct state *state)
{
	int r = state_open_file(state);

	if (state_is_damage(r))
		r = state_begin_anew(state);
	if ((r & 0xff) == SQLITE_BUSY) {
		log_error("%s: %s: going on without state; bans and positions "
			  "will not outlive this run",
			state->path, sqlite3_errstr(r));
		state_shut(state);
		return false;
	}
	if (r != SQLITE_OK) {
		state_shut(state);
		state->unread = true;
		state_failed(state, r);
	}
	return true;
}

struct state *state_open(const char *dir)
{
	struct state *state = calloc(1, sizeof(*state));

	if (!state || asprintf(&state->path, "%s/state.db", dir) < 0)
		abort();
	pthread_mutex_init(&state->lock, NULL);
	pthread_mutex_init(&state->disk, NULL);
	pthread_cond_init(&state->work, NULL);
	pthread_cond_init(&state->idle, NULL);
	state->limit = LIMIT;
	state->cut_off = true;
	if (!state_begin(state)) {
		state_delete(state);
		return NULL;
	}
	if (state->db) {
		state->cut_off = state_number(state->db,
					 "SELECT value FROM meta WHERE name ="
					 " 'closed'") != 1;
		state_read_places(state);
		state_read_counts(state);
	}
	if (!state_writer_start(state)) {
		log_error("state: no thread can be made: nothing is kept");
		state_shut(state);
		state_delete(state);
		return NULL;
	}
	/* With the first commit: a start does not wait for a sync. */
	state_queue_meta(state, "closed", 0);
	return state;
}

const char *state_file(const struct state *state)
{
	return state ? state->path : NULL;
}

bool state_was_cut_off(const struct state *state)
{
	return !state || state->cut_off;
}

void state_limit(struct state *state, int64_t bytes)
{
	if (!state)
		return;
	pthread_mutex_lock(&state->lock);
	state->limit = bytes;
	pthread_mutex_unlock(&state->lock);
}

void state_close(struct state **state)
{
	struct state *s = *state;
	bool lost;

	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	lost = s->lost;
	pthread_mutex_unlock(&s->lock);
	/* It was not made good: the kernel knows more. */
	if (!lost)
		state_queue_meta(s, "closed", 1);
	state_commit(s);
	state_writer_stop(s);
	state_shut(s);
	state_delete(s);
	*state = NULL;
}
