/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_PERIODS_H
#define MAILBAN_DAEMON_PERIODS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/span.h"

/*
 * What the mail did by periods of the wall clock (from half hour to half hour,
 * say), for monitors that want to know it of each period once. The last
 * PERIODS that are over are kept.
 */
struct periods;

#define PERIODS 96
#define PERIODS_COLUMNS 24
/* Different names of each kind that a period has at most. */
#define PERIODS_NAMES 16384

struct period {
	int64_t id;  /* 1, 2, ... since mailband was first here */
	int64_t end; /* seconds since 1970 */
	bool taken;  /* a monitor has it */
	uint64_t n[PERIODS_COLUMNS];
	uint32_t senders, recipients; /* different ones */
};

/* Begins at now; length and now in seconds. */
struct periods *periods_new(int64_t length, int64_t now);
void periods_free(struct periods **periods);

void periods_sender(struct periods *periods, struct span name);
void periods_recipient(struct periods *periods, struct span name);

/*
 * Ends what ran if its time is over; total has all that was ever counted,
 * columns of it at most PERIODS_COLUMNS. To be called once a second. Another
 * length than before holds from here on.
 */
void periods_tick(struct periods *periods, int64_t length, int64_t now,
	const uint64_t *total, size_t columns);

/* Those that are over, the oldest first; NULL behind the last. */
const struct period *periods_at(const struct periods *periods, size_t i);
/* A monitor has all up to that id. */
void periods_take(struct periods *periods, int64_t id);

/*
 * To be kept over a restart: PERIODS_ROWS rows of numbers, of which those are
 * told that changed since the last call, or all after periods_change_all. The
 * names are not kept: the different ones of a period are counted from the start
 * on. periods_restore believes no more of a row than its form.
 */
#define PERIODS_ROWS (PERIODS + 1)

typedef void (*periods_fn)(
	void *ctx, size_t row, const uint64_t *numbers, size_t n);
void periods_changed(struct periods *periods, periods_fn fn, void *ctx);
void periods_change_all(struct periods *periods);
void periods_restore(
	struct periods *periods, size_t row, const uint64_t *numbers, size_t n);

#endif
