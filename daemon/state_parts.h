/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_STATE_PARTS_H
#define MAILBAN_DAEMON_STATE_PARTS_H

#include <pthread.h>
#include <sqlite3.h>

#include "daemon/state.h"

/*
 * What the state store is made of, for the files that implement it: state.c
 * (the file), state_schema.c (its tables), state_queue.c (what is put, on its
 * way to the thread), state_writer.c (the thread), state_size.c (its size),
 * state_read.c (out of it again), state_peek.c (without a daemon) and
 * state_counts.c.
 */

enum state_statement {
	STATE_PUT_BAN,
	STATE_DROP_BAN,
	STATE_DROP_BANS,
	STATE_PUT_OFFENDER,
	STATE_DROP_OFFENDERS,
	STATE_PUT_FAILURES,
	STATE_DROP_FAILURES,
	STATE_DROP_ALL_FAILURES,
	STATE_PUT_POSITION,
	STATE_PUT_COUNT,
	STATE_PUT_META,
	STATE_PUT_MAIL,
	STATE_PUT_MESSAGE,
	STATE_DROP_MESSAGE,
	STATE_DROP_MESSAGES,
	STATE_PUT_ACCOUNT,
	STATE_PUT_ATTACKER,
	STATE_DROP_ATTACKER,
	STATE_PRUNE_BANS,
	STATE_PRUNE_OFFENDERS,
	STATE_PRUNE_FAILURES,
	STATE_PRUNE_POSITIONS,
	STATE_PRUNE_COUNTS,
	STATE_PRUNE_MAIL,
	STATE_PRUNE_ACCOUNTS,
	STATE_PRUNE_ATTACKERS,
	STATE_STATEMENTS,
};

/* Statements with their values, in a row. */
struct state_ops {
	uint8_t *bytes;
	size_t n, room;
};

struct state_place {
	char *source;
	uint8_t *bytes;
	size_t n;
};

#define STATE_COUNT_NAME 64

struct state_counted {
	int64_t hour; /* since 1970 */
	char name[STATE_COUNT_NAME];
	uint64_t n;
	bool dirty; /* not as the store has it */
};

struct state {
	char *path;

	/* Of who puts and commits. */
	struct state_ops filling; /* since the last commit */
	struct state_place *places;
	size_t places_n;
	struct state_counted *counts; /* the newest hour's last */
	size_t counts_n, counts_room;
	bool cut_off;

	/* Between it and the thread, under lock. */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work, idle;
	struct state_ops pending; /* committed, and not begun */
	bool quit;
	bool writing; /* the thread is at the disk, or has something for it */
	bool failing; /* the disk; told once */
	const char *trouble; /* why, in SQLite's words */
	bool lost;	     /* changes that only a putting of all makes good */
	int64_t now;	     /* monotonic, of the last commit */
	int64_t retry;	     /* not before */
	int64_t limit;	     /* bytes */

	/* Whoever has the disk's lock. */
	pthread_mutex_t disk;
	sqlite3 *db; /* NULL: cannot be opened */
	sqlite3_stmt *made[STATE_STATEMENTS];
	struct state_ops batch; /* that is being written */
	bool stale;		/* to be opened anew before a write */
	bool unread; /* what is in it was never read: it must not be dropped */
	int64_t least_pages; /* there was nothing to drop at that size */
};

/* state_schema.c: the tables, made or brought up to date, and the prepared
 * statements. False with SQLite's own error, or none: then it is not ours. */
bool state_schema(sqlite3 *db);
bool state_prepare(struct state *state);
/* state_read.c: calls fn with a row of (hour, sums). */
void state_mail_row(sqlite3_stmt *s, state_mail_fn fn, void *ctx);
/* Of SQLite, shortened. */
bool state_run(sqlite3 *db, const char *sql);
/* The one number that it answers; -1 if it fails. */
int64_t state_number(sqlite3 *db, const char *sql);

/* state.c, under the disk's lock: SQLITE_OK, or why the file is of no use. */
int state_open_file(struct state *state);
void state_shut(struct state *state);
bool state_is_damage(int r);
/* The damaged file is put away for another; what is in memory is lost to it.
 * SQLITE_OK, or why there is none now. */
int state_begin_anew(struct state *state);

/* state_queue.c */
void state_ops_clear(struct state_ops *ops);
void state_queue_meta(struct state *state, const char *name, int64_t value);
void state_queue_number(
	struct state *state, enum state_statement statement, int64_t number);
void state_queue_count(struct state *state, const struct state_counted *c);
/* Binds what the op at *at says, and moves on; NULL at the end. */
sqlite3_stmt *state_ops_bind(struct state *state, size_t *at);
/* A position as it was read, or is put. */
void state_keep_place(
	struct state *state, const char *source, const void *bytes, size_t n);
/* Until the thread has nothing to do that it could do. */
void state_sync(struct state *state);

/* state_writer.c: false if no thread can be made. */
/* Is there anything for the thread that it could do? Under lock. */
bool state_has_work(const struct state *state);
bool state_writer_start(struct state *state);
void state_writer_stop(struct state *state);
/* After a commit or a read that failed, without any lock. */
void state_failed(struct state *state, int r);

/* state_size.c, after a commit. */
void state_shrink(struct state *state, int64_t limit);

/* state_read.c: into memory, at the start. */
void state_read_places(struct state *state);
void state_read_counts(struct state *state);

/* state_counts.c: what changed goes to the queue. */
void state_counts_put(struct state *state);
void state_counts_all_dirty(struct state *state);
struct state_counted *state_counts_find(
	struct state *state, int64_t hour, const char *name);

#endif
