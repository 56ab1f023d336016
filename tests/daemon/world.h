/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_TESTS_DAEMON_WORLD_H
#define MAILBAN_TESTS_DAEMON_WORLD_H

#include "daemon/config.h"
#include "daemon/decisions.h"
#include "daemon/state.h"

/*
 * For tests of decisions: three jails, a store in a directory of its own, the
 * clocks held and a kernel that only notes.
 */
#define T0 INT64_C(1763719200)
#define BOOT INT64_C(5000)
#define JAILS 3

struct world {
	struct jail jails[JAILS];
	struct config_jail items[JAILS];
	struct config config;
	struct decisions *decisions;
	struct state *store;
	char dir[64];
	unsigned int bans, unbans;
	struct ban last_ban, last_unban;
	uint64_t order; /* of all bans and whom they were for */
};

/* Of each test: *state is the world, at T0, with nothing in it. */
int world_make(void **state);
int world_unmake(void **state);
/* Of a group of tests: what is logged goes nowhere. */
int world_quiet(void **state);

/* Holds both clocks so many seconds behind T0. */
void world_hold(int64_t seconds);
/* Decisions that know nothing. */
void world_begin(struct world *w);
/* What a stop and a start make of it. */
void world_restart(struct world *w);

struct prefix world_at(const char *text);
/* A failure at a time in seconds from T0. */
void world_fail(struct world *w, size_t jail, const char *who, int64_t seconds);
/* A jail's bans in force, and addresses with failures. */
uint32_t world_banned(struct world *w, size_t jail);
uint32_t world_failing(struct world *w, size_t jail);
/* How often the log has these words. */
int world_said(const char *path, const char *words);

#endif
