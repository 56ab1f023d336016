/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_REACH_H
#define MAILBAN_DAEMON_REACH_H

#include <stdbool.h>

#include "lib/err.h"

struct config;
struct engine_options;

/*
 * The files that the engine can open: settled once, before the first line is
 * read, and not to be widened by any later configuration.
 */
struct reach;

/*
 * What these options and this configuration need. Never NULL; the caller
 * frees it.
 */
struct reach *reach_new(
	const struct engine_options *options, const struct config *config);
void reach_free(struct reach **reach);

/* Enters the engine's sandbox with it: 0 or -errno. */
int reach_enter(const struct reach *reach);

/* Whether another configuration's logs are within; faults go to err. */
bool reach_covers(const struct reach *reach, const struct config *config,
	struct err *err);

#endif
