/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_MOVED_H
#define MAILBAN_DAEMON_MOVED_H

#include <stdbool.h>
#include <stdint.h>

struct config;
struct state;

/*
 * Which way each jail has its lines, and up to when it has counted them: a jail
 * that is given another backend finds there what came the other way before.
 */
struct moved;

/* Never NULL. */
struct moved *moved_new(struct state *state);
void moved_free(struct moved **moved);

/* From now on for this configuration, as the state has it or the one before. */
void moved_configure(struct moved *moved, const struct config *config);

/*
 * Is a failure of that time (microseconds since 1970; 0: none), from that
 * source (as in feeds.h), one that the jail has not counted? It has from now
 * on: this is asked once for each. Exact if both ways
 * have the same lines in one order, and with the same times, but for:
 *  - the second in which it was moved, where other lines may stand in another
 *    order;
 *  - what the old way had not been read of when it was moved while running, if
 *    the new one was read further then for another jail, or of several files
 *    of the old way one was read further: that is not counted;
 *  - a new way whose lines are dated before they are written: it is not heard
 *    for as long as they are behind;
 *  - a clock that is set back meanwhile: what is left out ends there.
 */
bool moved_is_new(
	struct moved *moved, uint32_t jail, uint32_t source, int64_t time);
/* The same of a line for the mail's counters. */
bool moved_line_is_new(struct moved *moved, uint32_t source, int64_t time);

/* What has changed, or all of it; with the positions of the sources. */
void moved_save(struct moved *moved, bool all);

#endif
