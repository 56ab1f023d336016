/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_SETTINGS_H
#define MAILBAN_DAEMON_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/alarm_settings.h"
#include "lib/arena.h"
#include "lib/err.h"
#include "lib/log.h"

/* mailban.conf: what concerns the daemon and no jail. See mailban.conf(5). */
struct settings {
	const char *user;      /* whom the engine becomes */
	const char *user_file; /* where that is said, for messages */
	int user_line;
	enum log_level loglevel;
	bool flush_on_stop;  /* take the bans out of the kernel when stopping */
	bool never_lock_out; /* see daemon/safe.h */
	bool sandbox;	     /* give up what the processes do not need */
	bool counters;	     /* count the mail */
	const char *syslog_socket; /* made if a jail wants it; absolute */
	const char *zabbix_server; /* for mailban zabbix, or NULL */
	const char *zabbix_host;   /* what Zabbix calls this one, or NULL */
	int64_t zabbix_interval;   /* seconds */
	uint32_t max_tracked;	   /* addresses with failures, for each jail */
	int64_t max_state;	   /* bytes of the state store */
	uint32_t max_bans;	   /* in force at a time, of all jails */
	struct alarm_settings alarms;
};

/*
 * Reads mailban.conf of datadir, then of confdir (with .d and .local); either
 * may be missing. Strings are the arena's. Faults go to err.
 */
void settings_load(struct settings *settings, const char *confdir,
	const char *datadir, struct arena *arena, struct err *err);

#endif
