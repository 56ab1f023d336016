/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_ALARM_SETTINGS_H
#define MAILBAN_DAEMON_ALARM_SETTINGS_H

#include <stdbool.h>

#include "alarms/judge.h"
#include "daemon/runner.h"
#include "lib/arena.h"
#include "lib/conf.h"
#include "lib/err.h"

#define ALARM_SETTINGS_PATHS 8
#define ALARM_SETTINGS_BULK 32

/* The section [alarms] of mailban.conf(5). Strings are the arena's. */
struct alarm_settings {
	bool enabled;
	const char *hook;    /* NULL: none */
	const char *mail_to; /* NULL: nobody */
	int64_t probe;	     /* microseconds between two; 0: none */
	const char *probe_words[RUNNER_WORDS]; /* its command line */
	size_t probe_words_n;
	const char *paths[ALARM_SETTINGS_PATHS];
	size_t paths_n;
	const char *hold; /* a program; NULL: nothing is held */
	const char *bulk[ALARM_SETTINGS_BULK];
	size_t bulk_n;
	struct judge_rules rules;
};

/* What the section says of conf, over the defaults; faults go to err. */
void alarm_settings_load(struct alarm_settings *settings,
	const struct conf *conf, const char *section, struct arena *arena,
	struct err *err);

#endif
