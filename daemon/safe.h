/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_SAFE_H
#define MAILBAN_DAEMON_SAFE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/prefixset.h"

#define SAFE_MOST 128

/* Whose ban would lock somebody out who must not be: see mailban.conf(5),
 * never_lock_out. */
struct safe {
	struct safe_item {
		struct addr who;
		const char *why; /* "gateway", "resolver", "SSH session" */
	} items[SAFE_MOST];
	size_t n;
	struct prefixset set; /* the same */
};

/*
 * Looks them up: the gateways of the routes, the servers of resolv.conf, and
 * where SSH sessions that are logged in come from. What cannot be read is left
 * out. To be called at the start; set must be empty.
 */
void safe_gather(struct safe *safe);
void safe_deinit(struct safe *safe);

#endif
