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
 * Is a failure of that time (microseconds since 1970; 0: none) one that the
 * jail has not counted? Exact if both ways have the same lines in one order,
 * but for the second in which it was moved.
 */
bool moved_is_new(struct moved *moved, uint32_t jail, int64_t time);
/* The same of a line for the mail's counters; source: as in feeds.h. */
bool moved_line_is_new(struct moved *moved, uint32_t source, int64_t time);

/* What has changed, or all of it; with the positions of the sources. */
void moved_save(struct moved *moved, bool all);

#endif
