/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_READBACK_H
#define MAILBAN_DAEMON_READBACK_H

#include <stddef.h>

struct decisions;
struct warden_client;

/*
 * The bans that the kernel holds and nobody here knows of, after a crash or
 * with a new state store: they are taken into the list with the time that they
 * have left. It asks the warden for the sets of jails 0 to n - 1 as they are
 * now; the answers come while the caller waits for the warden, or later.
 * client and decisions must last until then.
 */
void readback_begin(
	struct warden_client *client, struct decisions *decisions, size_t n);

#endif
