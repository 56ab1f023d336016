/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_IGNORE_H
#define MAILBAN_JAILS_IGNORE_H

#include <stdbool.h>

#include "lib/addr.h"
#include "lib/prefixset.h"

struct err;
struct jail;

/*
 * The words of a jail's ignoreip, in the order that they are given. With a
 * name, who is one of the prefixes that it stands for, NULL if there is none:
 * the name is a word all the same. What is in already is not added again.
 * False at JAIL_IGNORE_MOST.
 */
bool ignore_add(struct jail *jail, const char *name, const struct prefix *who);
/*
 * A word behind those that there are, which it is none of; of a name the
 * prefixes are all, and sorted. Whom the jail ignores is as before until
 * ignore_gather. For long lists: a word by itself is ignore_add.
 */
void ignore_append(
	struct jail *jail, const char *name, struct prefix *all, size_t n);
void ignore_gather(struct jail *jail);
/* Takes a word out: the name, or the prefix with NULL. False if none is it. */
bool ignore_drop(struct jail *jail, const char *name, const struct prefix *who);
/* The words of one jail in place of those of another. */
void ignore_copy(struct jail *to, const struct jail *from);
void ignore_deinit(struct jail *jail);

/*
 * Adds the addresses of this host's interfaces to own, which the caller
 * refreshes now and then (empty it first). 0 or -errno of getifaddrs(3).
 */
int ignore_own_addresses(struct prefixset *own);

/*
 * True if an address or prefix must not be banned by this jail: it shares an
 * address with the jail's ignoreip, or with own where the jail says
 * ignoreself (own may be NULL). Loopback, unspecified and multicast addresses
 * are never to be banned by anybody.
 */
bool ignore_has(const struct jail *jail, const struct prefixset *own,
	const struct prefix *who);

/*
 * Looks up the names that the jail's ignoreip holds and adds what they stand
 * for: to be called at load, while the resolver can still be reached,
 * never on the way of a line. Each name that has no address is added to err
 * as a warning, and each that is not asked for any more, since *left (of
 * microseconds) is used up: name servers that do not answer take seconds each.
 * What asking took is taken from it. At most 64 addresses of a name are taken.
 */
void ignore_resolve(struct jail *jail, int64_t *left, struct err *err);

#endif
