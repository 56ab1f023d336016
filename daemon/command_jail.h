/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_COMMAND_JAIL_H
#define MAILBAN_DAEMON_COMMAND_JAIL_H

#include "daemon/control.h"

/*
 * {"jail", "key", "value"}: a setting of one jail, until its files are read
 * again. value is a number for bantime, findtime, maxretry, maxmatches and
 * ignoreself (0, 1), a word for usedns. {"jail", "key": "addignoreip" or
 * "delignoreip", "value": one word} is of one address, network or name; of a
 * name "addresses" are what it stands for. ctx is the engine.
 */
json_t *command_jail_set(
	void *ctx, const json_t *request, struct control_call *call);
/*
 * {"jail", "addresses", "failures"}: each fails so often, now, as if a line
 * had told so. Answers {"count", "refused"} as a ban does.
 */
json_t *command_jail_attempt(
	void *ctx, const json_t *request, struct control_call *call);

#endif
