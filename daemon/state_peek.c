/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A look into the state store while no daemon has it. Nothing is written: no
 * table is made, nothing damaged is moved aside, and where all is in the file
 * itself it is not even locked.
 */
#include "daemon/state_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A name in a URI of SQLite's, whose own signs are written by number. */
static bool uri_put(char *to, size_t room, const char *path)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = strlen(path), at = 0;

	if (3 * n + 1 > room)
		return false;
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if (c > ' ' && c < 127 && !strchr("%?#", c)) {
			to[at++] = (char)c;
			continue;
		}
		to[at++] = '%';
		to[at++] = hex[c >> 4];
		to[at++] = hex[c & 15];
	}
	to[at] = '\0';
	return true;
}

/* What was written last may still stand in the log beside the file. */
static bool has_log(const char *path)
{
	char log[4096];
	struct stat st;

	snprintf(log, sizeof(log), "%s-wal", path);
	return stat(log, &st) == 0 && st.st_size > 0;
}

static int peek_open(const char *path, sqlite3 **db)
{
	char name[4096 * 3], uri[sizeof(name) + 32];

	if (!uri_put(name, sizeof(name), path))
		return SQLITE_CANTOPEN;
	snprintf(uri, sizeof(uri), "file:%s%s", name,
		has_log(path) ? "" : "?immutable=1");
	return sqlite3_open_v2(uri, db,
		SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
		NULL);
}

static int peek_rows(sqlite3 *db, state_mail_fn fn, void *ctx)
{
	sqlite3_stmt *s;
	int r = sqlite3_prepare_v2(
		db, "SELECT hour, sums FROM mail ORDER BY hour", -1, &s, NULL);

	if (r != SQLITE_OK)
		return r;
	while ((r = sqlite3_step(s)) == SQLITE_ROW)
		state_mail_row(s, fn, ctx);
	sqlite3_finalize(s);
	return r == SQLITE_DONE ? SQLITE_OK : r;
}

const char *state_peek_mail(const char *dir, state_mail_fn fn, void *ctx)
{
	sqlite3 *db = NULL;
	char path[2048];
	struct stat st;
	int r;

	if (snprintf(path, sizeof(path), "%s/state.db", dir) >=
		(int)sizeof(path))
		return strerror(ENAMETOOLONG);
	if (stat(path, &st) < 0)
		return strerror(errno);
	r = peek_open(path, &db);
	if (r == SQLITE_OK)
		r = peek_rows(db, fn, ctx);
	sqlite3_close(db);
	return r == SQLITE_OK ? NULL : sqlite3_errstr(r);
}
