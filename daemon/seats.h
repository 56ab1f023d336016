/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_SEATS_H
#define MAILBAN_DAEMON_SEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filters/failure.h"
#include "lib/line.h"

struct config;

/*
 * The jails that look at one source, each through its filter. A filter is
 * asked once about a line, however many jails look through it.
 */
struct seats;

struct seats_user {
	/* For each jail whose filter finds a failure in a line, of an address
	 * or (failure->name) of a name. */
	void (*failure)(void *ctx, size_t jail, const struct failure *failure);
	void *ctx;
	/* NULL, or where to add how many filters found one of an address. */
	uint64_t *matched;
};

/* config must outlive it. Never NULL. */
struct seats *seats_new(
	const struct config *config, const struct seats_user *user);
void seats_free(struct seats **seats);

/* filter is its index in the configuration; a jail that sits stays. */
void seats_add(struct seats *seats, size_t jail, size_t filter);
bool seats_has(const struct seats *seats, size_t jail);
size_t seats_count(const struct seats *seats);
/* The jail on the i-th seat, in the order of seats_add. */
size_t seats_jail(const struct seats *seats, size_t i);
/* Its filter, an index of the configuration's. */
size_t seats_filter(const struct seats *seats, size_t i);

/*
 * Shows a line to all of them. False if no filter was asked to run its
 * expressions: that has cost next to nothing.
 */
bool seats_line(struct seats *seats, const struct line *line);

#endif
