/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How large the state store may become. What is dropped first is what is
 * missed least: failures, then offenders, then counts, the oldest of each. A
 * ban in force is never dropped. What was freed is given back to the disk.
 */
#include "daemon/state_parts.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/log.h"

/* Free pages that are kept for what comes next. */
#define FREE_KEPT 256

static const struct {
	const char *table, *age;
} droppable[] = {
	{"failures", "last"},
	{"offender", "last"},
	{"hourly", "hour"},
};

static int64_t free_pages(sqlite3 *db)
{
	return state_number(db, "PRAGMA freelist_count");
}

static int64_t used_pages(sqlite3 *db)
{
	return state_number(db, "PRAGMA page_count") - free_pages(db);
}

/* Drops the older quarter of the time that a table's rows are of; false if
 * there is none. */
static bool drop_oldest(sqlite3 *db, size_t i)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
		"DELETE FROM %s WHERE %s <= (SELECT min(%s) +"
		" (max(%s) - min(%s)) / 4 FROM %s)",
		droppable[i].table, droppable[i].age, droppable[i].age,
		droppable[i].age, droppable[i].age, droppable[i].table);
	return state_run(db, sql) && sqlite3_changes(db) > 0;
}

static void give_back(sqlite3 *db)
{
	state_run(db, "PRAGMA incremental_vacuum");
	state_run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
}

static void drop(struct state *state, int64_t most)
{
	sqlite3 *db = state->db;
	int64_t used = used_pages(db);

	for (size_t i = 0; i < sizeof(droppable) / sizeof(*droppable); i++)
		while (used > most - most / 8 && drop_oldest(db, i))
			used = used_pages(db);
	give_back(db);
	state->least_pages = 0;
	if (used <= most)
		return;
	state->least_pages = used + used / 8;
	log_warning("state: the bans in force alone take %" PRId64
		    " pages, more than max_state allows",
		used);
}

void state_shrink(struct state *state, int64_t limit)
{
	int64_t size = state_number(state->db, "PRAGMA page_size");
	int64_t pages = state_number(state->db, "PRAGMA page_count");
	int64_t unused = free_pages(state->db);

	if (size <= 0)
		return;
	if (pages - unused > limit / size && pages > state->least_pages)
		drop(state, limit / size);
	else if (pages > limit / size || unused > pages / 4 + FREE_KEPT)
		give_back(state->db);
}
