/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of the state store and the statements on them. A store of an
 * older release is brought up to date where it stands, in one transaction; one
 * of a newer release, or of another program, is none of ours.
 */
#include "daemon/state_parts.h"

#include <stdio.h>

#define SCHEMA 5
#define APPLICATION 0x6d626e31 /* "mbn1" */

static const char *const statements[STATE_STATEMENTS] = {
	[STATE_PUT_BAN] = "INSERT OR REPLACE INTO ban (jail, net, len, start,"
			  " end, count, reason) VALUES (?, ?, ?, ?, ?, ?, ?)",
	[STATE_DROP_BAN] =
		"DELETE FROM ban WHERE jail = ? AND net = ? AND len = ?",
	[STATE_DROP_BANS] = "DELETE FROM ban",
	[STATE_PUT_OFFENDER] =
		"INSERT OR REPLACE INTO offender VALUES (?, ?, ?, ?, ?)",
	[STATE_DROP_OFFENDERS] = "DELETE FROM offender",
	[STATE_PUT_FAILURES] =
		"INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?)",
	[STATE_DROP_FAILURES] =
		"DELETE FROM failures WHERE jail = ? AND ip = ?",
	[STATE_DROP_ALL_FAILURES] = "DELETE FROM failures",
	[STATE_PUT_POSITION] =
		"INSERT OR REPLACE INTO position (source, place, last)"
		" VALUES (?, ?, ?)",
	[STATE_PUT_COUNT] = "INSERT OR REPLACE INTO hourly VALUES (?, ?, ?)",
	[STATE_PUT_META] = "INSERT OR REPLACE INTO meta VALUES (?, ?)",
	[STATE_PUT_MAIL] = "INSERT OR REPLACE INTO mail VALUES (?, ?)",
	[STATE_PUT_MESSAGE] = "INSERT OR REPLACE INTO message VALUES (?, ?, ?)",
	[STATE_DROP_MESSAGE] = "DELETE FROM message WHERE number = ?",
	[STATE_DROP_MESSAGES] = "DELETE FROM message",
	[STATE_PUT_ACCOUNT] = "INSERT OR REPLACE INTO account VALUES (?, ?, ?)",
	[STATE_PUT_ATTACKER] =
		"INSERT OR REPLACE INTO attacker VALUES (?, ?, ?, ?)",
	[STATE_DROP_ATTACKER] =
		"DELETE FROM attacker WHERE kind = ? AND name = ?",
	[STATE_PRUNE_BANS] = "DELETE FROM ban WHERE end > 0 AND end < ?",
	[STATE_PRUNE_OFFENDERS] = "DELETE FROM offender WHERE last < ?",
	[STATE_PRUNE_FAILURES] = "DELETE FROM failures WHERE last < ?",
	[STATE_PRUNE_POSITIONS] = "DELETE FROM position WHERE last < ?",
	[STATE_PRUNE_COUNTS] = "DELETE FROM hourly WHERE hour < ?",
	[STATE_PRUNE_MAIL] = "DELETE FROM mail WHERE hour >= 0 AND hour < ?",
	[STATE_PRUNE_ACCOUNTS] = "DELETE FROM account WHERE hour < ?",
	[STATE_PRUNE_ATTACKERS] = "DELETE FROM attacker WHERE day < ?",
};

/* What version 2 had, and what 3, 4 and 5 have more. */
static const char schema2[] =
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
static const char schema3[] =
	"ALTER TABLE ban ADD COLUMN reason TEXT;"
	"ALTER TABLE position ADD COLUMN last INTEGER;"
	"CREATE TABLE hourly (hour INTEGER, name TEXT, value INTEGER,"
	" PRIMARY KEY (hour, name)) WITHOUT ROWID;"
	"CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER)"
	" WITHOUT ROWID;";
static const char schema4[] =
	"CREATE TABLE mail (hour INTEGER PRIMARY KEY, sums BLOB);"
	"CREATE TABLE message (number INTEGER PRIMARY KEY, last INTEGER,"
	" message BLOB);"
	"CREATE TABLE attacker (kind INTEGER, name TEXT, day INTEGER,"
	" counts BLOB, PRIMARY KEY (kind, name)) WITHOUT ROWID;";

static const char schema5[] =
	"CREATE TABLE account (number INTEGER PRIMARY KEY, hour INTEGER,"
	" account BLOB);";

bool state_run(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

int64_t state_number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s;
	int64_t n = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		return -1;
	if (sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

static bool migrate(sqlite3 *db, int64_t from)
{
	char sql[128];

	snprintf(sql, sizeof(sql),
		"PRAGMA application_id=%d; PRAGMA user_version=%d;",
		APPLICATION, SCHEMA);
	return state_run(db, "BEGIN") &&
	       (from >= 2 || state_run(db, schema2)) &&
	       (from >= 3 || state_run(db, schema3)) &&
	       (from >= 4 || state_run(db, schema4)) &&
	       state_run(db, schema5) && state_run(db, sql) &&
	       state_run(db, "COMMIT");
}

bool state_schema(sqlite3 *db)
{
	int64_t version = state_number(db, "PRAGMA user_version");
	int64_t application = state_number(db, "PRAGMA application_id");
	int64_t tables = state_number(db, "SELECT count(*) FROM sqlite_master");

	if (application == APPLICATION && version == SCHEMA)
		return true;
	/* So that the file can give room back; for one with tables in it that
	 * takes hold when it is written anew. */
	if (application == APPLICATION && (version == 3 || version == 4))
		return migrate(db, version);
	if (application == APPLICATION && version == 2)
		return migrate(db, 2) &&
		       state_run(db, "PRAGMA auto_vacuum=INCREMENTAL;"
				     "VACUUM");
	return tables == 0 && migrate(db, 0);
}

bool state_prepare(struct state *state)
{
	for (int i = 0; i < STATE_STATEMENTS; i++)
		if (sqlite3_prepare_v3(state->db, statements[i], -1,
			    SQLITE_PREPARE_PERSISTENT, &state->made[i],
			    NULL) != SQLITE_OK)
			return false;
	return true;
}
