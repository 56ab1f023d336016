/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_JAILINFO_H
#define MAILBAN_DAEMON_JAILINFO_H

#include <jansson.h>
#include <stddef.h>

struct engine;
struct jail;

/*
 * How a jail judges: {"bantime", "findtime" (seconds; -1 for ever),
 * "maxretry", "maxmatches", "usedns", "ignoreself", "ignoreip": [..],
 * "changed": [keys that were set while it runs]}. In ignoreip addresses come
 * behind networks and names, as fail2ban has them.
 */
json_t *jailinfo_settings(const struct jail *jail);

/*
 * The same with the jail's bans, without asking the kernel, and what its
 * filter says: {.., "name", "bans": [{"address", "start", "end"}],
 * "actions": [names], "prefregex", "failregex": [..], "ignoreregex": [..],
 * "datepattern", "maxlines", "names" (whether <HOST> may be a name),
 * "bantime.increment" and its like}. What is not set is null; end is null for
 * ever.
 */
json_t *jailinfo_tell(const struct engine *engine, size_t jail);

#endif
