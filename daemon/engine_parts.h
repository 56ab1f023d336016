/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_ENGINE_PARTS_H
#define MAILBAN_DAEMON_ENGINE_PARTS_H

/* Within the engine: what its parts share. Nobody else includes this. */

#include "daemon/decisions.h"
#include "daemon/enforce.h"
#include "daemon/engine.h"
#include "daemon/feeds.h"
#include "daemon/outbound.h"
#include "daemon/resolver.h"

/* The event loop's sources; the feeds are there. 0 or -errno. */
int engine_loop_fill(struct engine *engine);
void engine_loop_empty(struct engine *engine);
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

/* Whom each stage tells of what it has: the next. engine must outlive it. */
struct feeds_user engine_feeds_user(struct engine *engine);
struct decisions_out engine_decisions_out(struct engine *engine);
struct enforce_user engine_enforce_user(struct engine *engine);
struct outbound_user engine_outbound_user(struct engine *engine);
/* A counters_source_fn; ctx is the engine. */
const char *engine_source(void *ctx, size_t i, uint32_t *number);

/* Has the name looked up that failed in that jail, if the jail wants it. */
void engine_ask_name(
	struct engine *engine, size_t jail, const struct failure *failure);
/* Whom the resolver tells what was found. */
struct resolver_user engine_resolver_user(struct engine *engine);

#endif
