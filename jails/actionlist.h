/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_ACTIONLIST_H
#define MAILBAN_JAILS_ACTIONLIST_H

#include <stddef.h>

struct jail;
struct jailvalue;

#define ACTIONLIST_NAMED 200

/* Actions that were named in a warning, so that each is named once a load. */
struct actionlist_named {
	const char *names[ACTIONLIST_NAMED];
	size_t n;
};

/*
 * Reads action=, port= and protocol= of a jail into bans, notices, ports and
 * protocols. Ports and protocols given to an action that bans come before the
 * jail's own.
 */
void actionlist_read(const struct jailvalue *v, struct jail *jail,
	struct actionlist_named *named);

#endif
