/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Out of the state store again. Whatever is in the file may have been written
 * by a stranger: a row that is not what we would have written is left out.
 */
#include "daemon/state_parts.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"

/* How many hours of counts can still be added to. */
#define HOURS 2

typedef void (*row_fn)(struct state *state, sqlite3_stmt *s, const void *ctx);

/* Calls row with each; SQLITE_DONE, or why not all could be read. */
static int read_rows(
	struct state *state, const char *sql, row_fn row, const void *ctx)
{
	sqlite3_stmt *s;
	int r;

	if (!state->db)
		return SQLITE_DONE;
	r = sqlite3_prepare_v2(state->db, sql, -1, &s, NULL);
	if (r != SQLITE_OK)
		return r;
	while ((r = sqlite3_step(s)) == SQLITE_ROW)
		row(state, s, ctx);
	sqlite3_finalize(s);
	return r;
}

static void each(
	struct state *state, const char *sql, row_fn row, const void *ctx)
{
	int r;

	if (!state)
		return;
	state_sync(state);
	pthread_mutex_lock(&state->disk);
	r = read_rows(state, sql, row, ctx);
	if (r != SQLITE_DONE)
		log_error("state: what was kept cannot be read in full: %s",
			sqlite3_errstr(r));
	if (state_is_damage(r)) {
		r = state_begin_anew(state);
		state->cut_off = true;
		pthread_mutex_lock(&state->lock);
		state->lost = true;
		pthread_mutex_unlock(&state->lock);
		state->stale = r != SQLITE_OK;
		r = r == SQLITE_OK ? SQLITE_DONE : r;
	}
	pthread_mutex_unlock(&state->disk);
	if (r != SQLITE_DONE)
		state_failed(state, r);
}

/* Column 0 as text; NULL if it is none. */
static const char *column_name(sqlite3_stmt *s, int i)
{
	const char *text = (const char *)sqlite3_column_text(s, i);

	return text && strlen(text) == (size_t)sqlite3_column_bytes(s, i)
		       ? text
		       : NULL;
}

/* Columns 1 and 2 as a prefix; false if somebody else wrote them. */
static bool column_prefix(sqlite3_stmt *s, struct prefix *who)
{
	int len = sqlite3_column_int(s, 2);

	if (sqlite3_column_bytes(s, 1) != 16 || len < 0 || len > 128 ||
		!column_name(s, 0))
		return false;
	memcpy(who->net.ip, sqlite3_column_blob(s, 1), 16);
	who->len = (uint8_t)len;
	/* The warden takes a prefix with bits behind its length for an attack:
	 * whoever wrote that here must not end it at each start. */
	return prefix_is_cut(who);
}

struct user {
	state_ban_fn ban;
	state_offender_fn offender;
	state_failures_fn failures;
	state_mail_fn mail;
	state_message_fn message;
	state_account_fn account;
	state_attacker_fn attacker;
	void *ctx;
};

static void ban_row(struct state *state, sqlite3_stmt *s, const void *ctx)
{
	const struct user *user = ctx;
	struct state_ban ban;

	(void)state;
	if (!column_prefix(s, &ban.who))
		return;
	ban.jail = column_name(s, 0);
	ban.start = sqlite3_column_int64(s, 3);
	ban.end = sqlite3_column_int64(s, 4);
	ban.count = (uint32_t)sqlite3_column_int64(s, 5);
	ban.reason = column_name(s, 6);
	if (!ban.reason)
		ban.reason = "";
	user->ban(user->ctx, &ban);
}

void state_each_ban(struct state *state, state_ban_fn fn, void *ctx)
{
	const struct user user = {.ban = fn, .ctx = ctx};

	each(state, "SELECT jail, net, len, start, end, count, reason FROM ban",
		ban_row, &user);
}

static void offender_row(struct state *state, sqlite3_stmt *s, const void *ctx)
{
	const struct user *user = ctx;
	struct prefix who;

	(void)state;
	if (column_prefix(s, &who))
		user->offender(user->ctx, column_name(s, 0), &who,
			(uint32_t)sqlite3_column_int64(s, 3),
			sqlite3_column_int64(s, 4));
}

void state_each_offender(struct state *state, state_offender_fn fn, void *ctx)
{
	const struct user user = {.offender = fn, .ctx = ctx};

	each(state, "SELECT jail, net, len, count, last FROM offender",
		offender_row, &user);
}

static void failures_row(struct state *state, sqlite3_stmt *s, const void *ctx)
{
	const struct user *user = ctx;
	struct addr who;

	(void)state;
	if (sqlite3_column_bytes(s, 1) != 16 || !column_name(s, 0))
		return;
	memcpy(who.ip, sqlite3_column_blob(s, 1), 16);
	user->failures(user->ctx, column_name(s, 0), &who,
		sqlite3_column_blob(s, 2), (size_t)sqlite3_column_bytes(s, 2));
}

void state_each_failures(struct state *state, state_failures_fn fn, void *ctx)
{
	const struct user user = {.failures = fn, .ctx = ctx};

	each(state, "SELECT jail, ip, times FROM failures", failures_row,
		&user);
}

/* Copied: a blob of SQLite's stands at any address. */
static size_t column_sums(
	sqlite3_stmt *s, int i, void *sums, size_t size, size_t most)
{
	size_t n = (size_t)sqlite3_column_bytes(s, i) / size;

	if (n > most)
		n = most;
	if (n)
		memcpy(sums, sqlite3_column_blob(s, i), n * size);
	return n;
}

void state_mail_row(sqlite3_stmt *s, state_mail_fn fn, void *ctx)
{
	uint64_t sums[64];
	size_t n = column_sums(s, 1, sums, sizeof(*sums), 64);

	fn(ctx, sqlite3_column_int64(s, 0), sums, n);
}

static void mail_row(struct state *state, sqlite3_stmt *s, const void *ctx)
{
	const struct user *user = ctx;

	(void)state;
	state_mail_row(s, user->mail, user->ctx);
}

void state_each_mail(struct state *state, state_mail_fn fn, void *ctx)
{
	const struct user user = {.mail = fn, .ctx = ctx};

	each(state, "SELECT hour, sums FROM mail ORDER BY hour", mail_row,
		&user);
}

static void message_row(struct state *state, sqlite3_stmt *s, const void *ctx)
{
	const struct user *user = ctx;

	(void)state;
	user->message(user->ctx, sqlite3_column_blob(s, 0),
		(size_t)sqlite3_column_bytes(s, 0));
}

void state_each_message(struct state *state, state_message_fn fn, void *ctx)
{
	const struct user user = {.message = fn, .ctx = ctx};

	each(state, "SELECT message FROM message ORDER BY last", message_row,
		&user);
}

static void account_row(struct state *state, sqlite3_stmt *s, const void *ctx)
{
	const struct user *user = ctx;

	(void)state;
	user->account(user->ctx, sqlite3_column_int64(s, 0),
		sqlite3_column_blob(s, 1), (size_t)sqlite3_column_bytes(s, 1));
}

void state_each_account(struct state *state, state_account_fn fn, void *ctx)
{
	const struct user user = {.account = fn, .ctx = ctx};

	each(state, "SELECT number, account FROM account", account_row, &user);
}

static void attacker_row(struct state *state, sqlite3_stmt *s, const void *ctx)
{
	const struct user *user = ctx;
	uint32_t counts[STATE_ATTACKER_DAYS + 1];
	size_t n = column_sums(
		s, 3, counts, sizeof(*counts), STATE_ATTACKER_DAYS + 1);

	(void)state;
	if (column_name(s, 1))
		user->attacker(user->ctx, sqlite3_column_int(s, 0),
			column_name(s, 1), sqlite3_column_int64(s, 2), counts,
			n);
}

void state_each_attacker(struct state *state, state_attacker_fn fn, void *ctx)
{
	const struct user user = {.attacker = fn, .ctx = ctx};

	each(state, "SELECT kind, name, day, counts FROM attacker",
		attacker_row, &user);
}

static void place_row(struct state *state, sqlite3_stmt *s, const void *ctx)
{
	(void)ctx;
	if (column_name(s, 0) && sqlite3_column_bytes(s, 1) > 0)
		state_keep_place(state, column_name(s, 0),
			sqlite3_column_blob(s, 1),
			(size_t)sqlite3_column_bytes(s, 1));
}

void state_read_places(struct state *state)
{
	read_rows(state, "SELECT source, place FROM position", place_row, NULL);
}

static void counted_row(struct state *state, sqlite3_stmt *s, const void *ctx)
{
	int64_t hour = sqlite3_column_int64(s, 0);
	const char *name = column_name(s, 1);
	struct state_counted *c;

	(void)ctx;
	if (!name || hour <= clock_wall() / CLOCK_SECOND / 3600 - HOURS)
		return;
	c = state_counts_find(state, hour, name);
	if (c)
		c->n = (uint64_t)sqlite3_column_int64(s, 2);
}

void state_read_counts(struct state *state)
{
	read_rows(state,
		"SELECT hour, name, value FROM hourly ORDER BY hour DESC"
		" LIMIT 4096",
		counted_row, NULL);
}
