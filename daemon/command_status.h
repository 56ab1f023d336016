/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_COMMAND_STATUS_H
#define MAILBAN_DAEMON_COMMAND_STATUS_H

#include "daemon/control.h"

/*
 * {} or {"jail"}: all jails with their sources and what was counted, or one
 * with its files, addresses and settings. mailban(1) documents the answer's
 * fields at status --json. ctx is the engine.
 */
json_t *command_status(
	void *ctx, const json_t *request, struct control_call *call);

#endif
