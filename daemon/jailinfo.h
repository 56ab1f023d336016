/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_JAILINFO_H
#define MAILBAN_DAEMON_JAILINFO_H

#include <jansson.h>
#include <stddef.h>

struct engine;

/*
 * What a jail is set to, and its bans, without asking the kernel:
 * {"name", "bantime", "findtime" (seconds; -1 for ever), "maxretry",
 * "maxmatches", "usedns", "ignoreself", "ignoreip": [..],
 * "bans": [{"address", "start", "end"}]}. Networks come first in ignoreip,
 * then names, then addresses, as fail2ban has them. end is null for ever.
 */
json_t *jailinfo_tell(const struct engine *engine, size_t jail);

#endif
