/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state store. Only here is SQLite known. Nothing here may stop the
 * daemon: a failing disk costs memory over the next restart, never a ban.
 */
#include "daemon/state.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"

#define SCHEMA 2
#define APPLICATION 0x6d626e31 /* "mbn1" */
/* How long to leave a failing disk alone, microseconds. */
#define RETRY_AFTER (10 * CLOCK_SECOND)

enum statement {
	PUT_BAN,
	DROP_BAN,
	DROP_BANS,
	PUT_OFFENDER,
	PUT_FAILURES,
	DROP_FAILURES,
	PUT_POSITION,
	GET_POSITION,
	EACH_BAN,
	EACH_OFFENDER,
	EACH_FAILURES,
	PRUNE_BANS,
	PRUNE_OFFENDERS,
	PRUNE_FAILURES,
	STATEMENTS,
};

static const char *const statements[STATEMENTS] = {
	[PUT_BAN] = "INSERT OR REPLACE INTO ban VALUES (?, ?, ?, ?, ?, ?)",
	[DROP_BAN] = "DELETE FROM ban WHERE jail = ? AND net = ? AND len = ?",
	[DROP_BANS] = "DELETE FROM ban",
	[PUT_OFFENDER] =
		"INSERT OR REPLACE INTO offender VALUES (?, ?, ?, ?, ?)",
	[PUT_FAILURES] = "INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?)",
	[DROP_FAILURES] = "DELETE FROM failures WHERE jail = ? AND ip = ?",
	[PUT_POSITION] = "INSERT OR REPLACE INTO position VALUES (?, ?)",
	[GET_POSITION] = "SELECT place FROM position WHERE source = ?",
	[EACH_BAN] = "SELECT jail, net, len, start, end, count FROM ban",
	[EACH_OFFENDER] = "SELECT jail, net, len, count, last FROM offender",
	[EACH_FAILURES] = "SELECT jail, ip, times FROM failures",
	[PRUNE_BANS] = "DELETE FROM ban WHERE end > 0 AND end < ?",
	[PRUNE_OFFENDERS] = "DELETE FROM offender WHERE last < ?",
	[PRUNE_FAILURES] = "DELETE FROM failures WHERE last < ?",
};

static const char schema[] =
	"CREATE TABLE ban (jail TEXT, net BLOB, len INTEGER,"
	" start INTEGER, end INTEGER, count INTEGER,"
	" PRIMARY KEY (jail, net, len)) WITHOUT ROWID;"
	"CREATE TABLE offender (jail TEXT, net BLOB, len INTEGER,"
	" count INTEGER, last INTEGER,"
	" PRIMARY KEY (jail, net, len)) WITHOUT ROWID;"
	"CREATE TABLE failures (jail TEXT, ip BLOB, times BLOB, last INTEGER,"
	" PRIMARY KEY (jail, ip)) WITHOUT ROWID;"
	"CREATE TABLE position (source TEXT PRIMARY KEY, place BLOB)"
	" WITHOUT ROWID;";

struct state {
	char *path;
	sqlite3 *db; /* NULL: given up, nothing is kept any more */
	sqlite3_stmt *made[STATEMENTS];
	bool open;     /* a transaction */
	bool failing;  /* the disk; told once */
	bool behind;   /* changes were lost */
	int64_t retry; /* monotonic; when to try again */
};

static bool run(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static int number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s;
	int n = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		return -1;
	if (sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return n;
}

/* Ours and of a schema that we know, or empty: then it is made ours. */
static bool prepare_schema(sqlite3 *db)
{
	char sql[128];
	int version = number(db, "PRAGMA user_version");
	int application = number(db, "PRAGMA application_id");
	int tables = number(db, "SELECT count(*) FROM sqlite_master");

	if (application == APPLICATION && version == SCHEMA)
		return true;
	if (tables != 0)
		return false;
	snprintf(sql, sizeof(sql),
		"PRAGMA application_id=%d; PRAGMA user_version=%d;",
		APPLICATION, SCHEMA);
	return run(db, "BEGIN") && run(db, schema) && run(db, sql) &&
	       run(db, "COMMIT");
}

static bool make_statements(struct state *state)
{
	for (int i = 0; i < STATEMENTS; i++)
		if (sqlite3_prepare_v3(state->db, statements[i], -1,
			    SQLITE_PREPARE_PERSISTENT, &state->made[i],
			    NULL) != SQLITE_OK)
			return false;
	return true;
}

static void shut(struct state *state)
{
	for (int i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(state->made[i]);
		state->made[i] = NULL;
	}
	sqlite3_close(state->db);
	state->db = NULL;
}

/* SQLITE_OK, or why the file at path is of no use. */
static int open_file(struct state *state, const char *path)
{
	int r = sqlite3_open_v2(path, &state->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
			SQLITE_OPEN_NOMUTEX,
		NULL);

	if (r != SQLITE_OK)
		return r;
	run(state->db, "PRAGMA locking_mode=EXCLUSIVE");
	r = sqlite3_exec(
		state->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
	if (r != SQLITE_OK)
		return r;
	run(state->db, "PRAGMA synchronous=NORMAL");
	run(state->db, "PRAGMA cache_size=-1024");
	if (prepare_schema(state->db) && make_statements(state))
		return SQLITE_OK;
	r = sqlite3_errcode(state->db);
	return r == SQLITE_OK || r == SQLITE_DONE || r == SQLITE_ROW
		       ? SQLITE_NOTADB
		       : r;
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

static bool is_damage(int r)
{
	r &= 0xff; /* without SQLite's finer distinctions */
	return r == SQLITE_CORRUPT || r == SQLITE_NOTADB;
}

static void tell_without(const struct state *state, int r)
{
	log_error("%s: %s: going on without state; bans and positions will "
		  "not outlive this run",
		state->path, sqlite3_errstr(r));
}

/* The damaged file is put away for another; without, if that fails too. */
static void begin_anew(struct state *state)
{
	int r;

	shut(state);
	move_aside(state->path);
	r = open_file(state, state->path);
	if (r == SQLITE_OK)
		return;
	tell_without(state, r);
	shut(state);
}

struct state *state_open(const char *dir)
{
	struct state *state = calloc(1, sizeof(*state));
	int r;

	if (!state || asprintf(&state->path, "%s/state.db", dir) < 0)
		abort();
	r = open_file(state, state->path);
	if (is_damage(r)) {
		begin_anew(state);
	} else if (r != SQLITE_OK) {
		tell_without(state, r);
		shut(state);
	}
	if (state->db)
		return state;
	free(state->path);
	free(state);
	return NULL;
}

const char *state_file(const struct state *state)
{
	return state && state->db ? state->path : NULL;
}

void state_close(struct state **state)
{
	if (!*state)
		return;
	state_commit(*state);
	shut(*state);
	free((*state)->path);
	free(*state);
	*state = NULL;
}

/* Gives the transaction up and leaves the disk alone for a while; a damaged
 * file never gets better, another is begun. */
static void fail(struct state *state, int r)
{
	if (is_damage(r)) {
		state->open = false;
		state->behind = true;
		begin_anew(state);
		return;
	}
	if (!state->failing)
		log_error("state: %s: bans go on in memory and kernel, state "
			  "is written again when there is room",
			sqlite3_errmsg(state->db));
	state->failing = state->behind = true;
	state->retry = clock_mono() + RETRY_AFTER;
	if (state->open)
		run(state->db, "ROLLBACK");
	state->open = false;
}

static bool begin(struct state *state)
{
	if (!state || !state->db ||
		(state->failing && clock_mono() < state->retry))
		return false;
	if (!state->open) {
		if (!run(state->db, "BEGIN IMMEDIATE")) {
			fail(state, sqlite3_errcode(state->db));
			return false;
		}
		state->open = true;
	}
	return true;
}

bool state_is_behind(struct state *state)
{
	if (!state || !state->behind || !begin(state))
		return false;
	state->behind = false;
	return true;
}

void state_commit(struct state *state)
{
	if (!state || !state->open)
		return;
	if (!run(state->db, "COMMIT")) {
		fail(state, sqlite3_errcode(state->db));
		return;
	}
	state->open = false;
	if (state->failing)
		log_notice("state: written again");
	state->failing = false;
}

static void bind_prefix(
	sqlite3_stmt *s, const char *jail, const struct prefix *who)
{
	sqlite3_bind_text(s, 1, jail, -1, SQLITE_TRANSIENT);
	sqlite3_bind_blob(s, 2, who->net.ip, 16, SQLITE_TRANSIENT);
	sqlite3_bind_int(s, 3, who->len);
}

static void step(struct state *state, sqlite3_stmt *s)
{
	int r = sqlite3_step(s);

	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	if (r != SQLITE_DONE)
		fail(state, r);
}

/* Ends what read rows until one was none: r is why. */
static void rows_end(struct state *state, sqlite3_stmt *s, int r)
{
	sqlite3_reset(s);
	if (r == SQLITE_DONE || r == SQLITE_ROW)
		return;
	log_error("state: what was kept cannot be read in full: %s",
		sqlite3_errstr(r));
	fail(state, r);
}

void state_put_ban(struct state *state, const char *jail,
	const struct prefix *who, int64_t start, int64_t end, uint32_t count)
{
	sqlite3_stmt *s;

	if (!begin(state))
		return;
	s = state->made[PUT_BAN];
	bind_prefix(s, jail, who);
	sqlite3_bind_int64(s, 4, start);
	sqlite3_bind_int64(s, 5, end);
	sqlite3_bind_int64(s, 6, count);
	step(state, s);
}

void state_drop_ban(
	struct state *state, const char *jail, const struct prefix *who)
{
	if (!begin(state))
		return;
	bind_prefix(state->made[DROP_BAN], jail, who);
	step(state, state->made[DROP_BAN]);
}

void state_drop_bans(struct state *state)
{
	if (begin(state))
		step(state, state->made[DROP_BANS]);
}

void state_put_offender(struct state *state, const char *jail,
	const struct prefix *who, uint32_t count, int64_t last)
{
	sqlite3_stmt *s;

	if (!begin(state))
		return;
	s = state->made[PUT_OFFENDER];
	bind_prefix(s, jail, who);
	sqlite3_bind_int64(s, 4, count);
	sqlite3_bind_int64(s, 5, last);
	step(state, s);
}

void state_put_failures(struct state *state, const char *jail,
	const struct addr *who, int64_t last, const void *bytes, size_t n)
{
	sqlite3_stmt *s;

	if (!begin(state))
		return;
	s = state->made[n ? PUT_FAILURES : DROP_FAILURES];
	sqlite3_bind_text(s, 1, jail, -1, SQLITE_TRANSIENT);
	sqlite3_bind_blob(s, 2, who->ip, 16, SQLITE_TRANSIENT);
	if (n) {
		sqlite3_bind_blob64(s, 3, bytes, n, SQLITE_TRANSIENT);
		sqlite3_bind_int64(s, 4, last);
	}
	step(state, s);
}

void state_put_position(
	struct state *state, const char *source, const void *bytes, size_t n)
{
	sqlite3_stmt *s;

	if (!begin(state))
		return;
	s = state->made[PUT_POSITION];
	sqlite3_bind_text(s, 1, source, -1, SQLITE_TRANSIENT);
	sqlite3_bind_blob64(s, 2, bytes, n, SQLITE_TRANSIENT);
	step(state, s);
}

size_t state_get_position(
	struct state *state, const char *source, void *bytes, size_t room)
{
	sqlite3_stmt *s;
	size_t n = 0;
	int r;

	if (!state || !state->db)
		return 0;
	s = state->made[GET_POSITION];
	sqlite3_bind_text(s, 1, source, -1, SQLITE_TRANSIENT);
	r = sqlite3_step(s);
	if (r == SQLITE_ROW) {
		n = (size_t)sqlite3_column_bytes(s, 0);
		if (n > 0 && n <= room)
			memcpy(bytes, sqlite3_column_blob(s, 0), n);
	}
	rows_end(state, s, r);
	return n;
}

/* Columns 1 and 2 as a prefix; false if somebody else wrote them. */
static bool column_prefix(sqlite3_stmt *s, struct prefix *who)
{
	int len = sqlite3_column_int(s, 2);
	char text[PREFIX_TEXT];
	struct prefix cut;

	if (sqlite3_column_bytes(s, 1) != 16 || len < 0 || len > 128 ||
		!sqlite3_column_text(s, 0))
		return false;
	memcpy(who->net.ip, sqlite3_column_blob(s, 1), 16);
	who->len = (uint8_t)len;
	/* The warden takes a prefix with bits behind its length for an attack:
	 * whoever wrote that here must not end it at each start. */
	prefix_format(who, text);
	return prefix_parse(text, strlen(text), &cut) &&
	       addr_equal(&cut.net, &who->net) && cut.len == who->len;
}

void state_each_ban(struct state *state, state_ban_fn fn, void *ctx)
{
	sqlite3_stmt *s;
	struct prefix who;
	int r;

	if (!state || !state->db)
		return;
	s = state->made[EACH_BAN];
	while ((r = sqlite3_step(s)) == SQLITE_ROW)
		if (column_prefix(s, &who))
			fn(ctx, (const char *)sqlite3_column_text(s, 0), &who,
				sqlite3_column_int64(s, 3),
				sqlite3_column_int64(s, 4),
				(uint32_t)sqlite3_column_int64(s, 5));
	rows_end(state, s, r);
}

void state_each_offender(struct state *state, state_offender_fn fn, void *ctx)
{
	sqlite3_stmt *s;
	struct prefix who;
	int r;

	if (!state || !state->db)
		return;
	s = state->made[EACH_OFFENDER];
	while ((r = sqlite3_step(s)) == SQLITE_ROW)
		if (column_prefix(s, &who))
			fn(ctx, (const char *)sqlite3_column_text(s, 0), &who,
				(uint32_t)sqlite3_column_int64(s, 3),
				sqlite3_column_int64(s, 4));
	rows_end(state, s, r);
}

void state_each_failures(struct state *state, state_failures_fn fn, void *ctx)
{
	sqlite3_stmt *s;
	struct addr who;
	int r;

	if (!state || !state->db)
		return;
	s = state->made[EACH_FAILURES];
	while ((r = sqlite3_step(s)) == SQLITE_ROW) {
		if (sqlite3_column_bytes(s, 1) != 16 ||
			!sqlite3_column_text(s, 0))
			continue;
		memcpy(who.ip, sqlite3_column_blob(s, 1), 16);
		fn(ctx, (const char *)sqlite3_column_text(s, 0), &who,
			sqlite3_column_blob(s, 2),
			(size_t)sqlite3_column_bytes(s, 2));
	}
	rows_end(state, s, r);
}

void state_prune(
	struct state *state, int64_t bans, int64_t offenders, int64_t failures)
{
	const struct {
		enum statement statement;
		int64_t before;
	} all[] = {
		{PRUNE_BANS, bans},
		{PRUNE_OFFENDERS, offenders},
		{PRUNE_FAILURES, failures},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		sqlite3_stmt *s;

		if (!begin(state))
			return;
		s = state->made[all[i].statement];
		sqlite3_bind_int64(s, 1, all[i].before);
		step(state, s);
	}
}
