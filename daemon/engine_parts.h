/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_ENGINE_PARTS_H
#define MAILBAN_DAEMON_ENGINE_PARTS_H

/* Within the engine: what its parts share. Nobody else includes this. */

#include "daemon/engine.h"
#include "daemon/resolver.h"

struct failure;

/* After any work: orders leave at once, the state when it is due. */
void engine_settle(struct engine *engine);
/* Ends the loop with a fault; bans stay. */
void engine_fail(struct engine *engine);
/* The kernel's table for the configuration that is in force, and its logs: 0
 * or -errno, told in the log. */
int engine_lay_out(struct engine *engine);
int engine_follow(struct engine *engine);
/* Every ban into the kernel that is not in it. */
void engine_keep_bans(struct engine *engine);

/* Has the name looked up that failed in that jail, if the jail wants it. */
void engine_ask_name(
	struct engine *engine, size_t jail, const struct failure *failure);
/* Who is told what was found. */
struct resolver_user engine_names(struct engine *engine);

#endif
