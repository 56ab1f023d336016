/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_JAILSET_H
#define MAILBAN_JAILS_JAILSET_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

struct jail;

/*
 * What of a jail can be changed while it runs, until its files are read
 * again. Each call notes in the jail that the key is no longer the files'.
 */

/* The key of row i, NULL behind the last; *changed (may be NULL): is it? */
const char *jailset_key(const struct jail *jail, unsigned int i, bool *changed);

/*
 * bantime, findtime (seconds; bantime -1: for ever), maxretry,
 * maxmatches, ignoreself (0 or 1). False, and nothing is changed, with *why
 * if a file could not say this either.
 */
bool jailset_number(
	struct jail *jail, const char *key, int64_t value, const char **why);
bool jailset_usedns(struct jail *jail, const char *word);
/* As ignore_add and ignore_drop have it. */
bool jailset_ignore(
	struct jail *jail, const char *name, const struct prefix *who);
bool jailset_no_longer_ignore(
	struct jail *jail, const char *name, const struct prefix *who);

/* What was changed of one jail, into the same jail read anew. */
void jailset_keep(struct jail *to, const struct jail *from);

#endif
