/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_JAILFILE_H
#define MAILBAN_JAILS_JAILFILE_H

#include <stddef.h>

#include "jails/jail.h"
#include "lib/err.h"

struct arena;
struct conf;

/* All jails of a configuration. */
struct jails {
	struct jail *items; /* the enabled ones, in the files' order */
	size_t n;
	const char *const *disabled; /* names of the others */
	size_t disabled_n;
	const struct conf *conf; /* all that the files say */
};

/* Limits of a configuration. */
#define JAILS_MOST 1000
#define JAIL_LOGPATHS_MOST 1000
#define JAIL_IGNORE_MOST 1000000
#define JAILS_IGNORE_MOST 2000000
#define JAIL_IGNORE_NAMES_MOST 1000

/*
 * Reads datadir's jail.conf, jail.d and so on, then confdir's (either may be
 * NULL or lack them), as fail2ban lays them over each other, and checks every
 * section's keys and every enabled jail's values. All memory is the arena's,
 * but for the ignore lists, which jails_deinit frees. Whatever is wrong is in
 * err: with faults (err->faults) the result is not to be used but by
 * jails_deinit.
 *
 * Keys are those of jail.conf(5). A key that is none of them and that no
 * value refers to as %(key)s is a fault, as it is most often misspelt.
 */
struct jails *jails_load(const char *confdir, const char *datadir,
	struct arena *arena, struct err *err);
void jails_deinit(struct jails *jails);

#endif
