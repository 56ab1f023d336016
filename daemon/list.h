/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_LIST_H
#define MAILBAN_DAEMON_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/control.h"

struct engine;

#define LIST_ALL SIZE_MAX

/*
 * The bans of a jail, or of all, held against what the kernel enforces. The
 * answer to call, or NULL when it comes once the warden has told.
 */
json_t *list_begin(
	struct engine *engine, size_t jail, struct control_call *call);

#endif
