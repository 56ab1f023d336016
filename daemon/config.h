/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_CONFIG_H
#define MAILBAN_DAEMON_CONFIG_H

#include <stddef.h>

#include "daemon/settings.h"
#include "filters/filter.h"
#include "jails/jailfile.h"
#include "daemon/safe.h"
#include "lib/arena.h"
#include "lib/err.h"

/*
 * All that the files of CONFDIR and the shipped defaults say: built whole,
 * never changed, replaced whole by a reload.
 */
#define CONFIG_NO_FILTER ((size_t)-1)

struct config_jail {
	struct jail *jail;
	/* Its filter as for a file's lines and as for the journal's, whose form
	 * the syslog socket's have too: indices into filters; CONFIG_NO_FILTER
	 * where that source is not read. */
	size_t file_filter, journal_filter, syslog_filter;
	/* The journal's entries that it reads: the jail's or its filter's. */
	const struct jail_match *match;
	size_t match_n;
	/* Where it counts bans: of this jail it counts none. */
	const char *bans_but;
};

/* The filter by which the jail is known to those who ask. */
size_t config_filter(const struct config_jail *item);

struct config {
	struct arena *arena;
	struct settings settings;
	struct safe found; /* whom not to lock out, as at the start */
	struct safe safe;  /* the same; empty unless settings.never_lock_out */
	struct jails *jails;
	struct config_jail *items; /* one for each of jails */
	size_t n;
	struct filter **filters; /* each once, however many jails use it */
	size_t filters_n;
};

/*
 * Loads everything; NULL if err got a fault. datadir may be NULL. Names in
 * ignoreip are looked up here, so call it before the network is closed off.
 */
struct config *config_load(
	const char *confdir, const char *datadir, struct err *err);
/*
 * The same in two steps: first the settings alone, never NULL; then the rest,
 * which frees *config and makes it NULL if err has a fault now.
 */
struct config *config_begin(
	const char *confdir, const char *datadir, struct err *err);
void config_finish(struct config **config, const char *confdir,
	const char *datadir, struct err *err);
/* The longest that a failure of any jail can count, seconds. */
int64_t config_longest_findtime(const struct config *config);
void config_free(struct config **config);
/*
 * Fills found and safe: from before, or, if that is NULL, from the system, most
 * of which the engine cannot see any more once it is in its sandbox.
 */
void config_make_safe(struct config *config, const struct config *before);

#endif
