/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_ALARMS_H
#define MAILBAN_DAEMON_ALARMS_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "alarms/words.h"
#include "daemon/alarm_settings.h"

struct state;

/*
 * The engine's part in the alarms: it asks the gauge process to look, judges
 * what comes, and has the news told. Nothing here waits for anybody.
 */
struct alarms;

/* The gauge process (gauge.h), the runner (runner.h), and the kernel's list of
 * mounts; a descriptor below 0: there is none. */
struct alarms_helpers {
	int gauge_fd, runner_fd, mounts_fd;
	pid_t gauge_pid, runner_pid;
};

/*
 * Starts both; what cannot be started is told in the log and left out. Before
 * the capability that the gauge process keeps is given up.
 */
void alarms_spawn(struct alarms_helpers *helpers,
	const struct alarm_settings *settings, const char *statedir, uid_t uid,
	gid_t gid, bool confined);

/*
 * Takes the helpers over, and begins to look. statedir and the strings of
 * settings must live on. NULL if alarms are not enabled.
 */
struct alarms *alarms_new(sd_event *loop, const struct alarms_helpers *helpers,
	const struct alarm_settings *settings, const char *statedir);
void alarms_free(struct alarms **alarms);
/* After a reload; what needs a restart to change is told in the log. */
void alarms_reconfigure(
	struct alarms *alarms, const struct alarm_settings *settings);

/*
 * A line that tells of a program's own trouble (counters_watch()), by who (n
 * bytes, a service), at a time (microseconds since 1970; 0: now). What is older
 * than what is still looked at is left out.
 */
void alarms_sign(struct alarms *alarms, const char *program, bool dovecot,
	enum sign sign, const char *who, size_t n, int64_t time);
/*
 * About once a second: tells at once what lines made an alarm of. True if it is
 * time to tell it how many lines and failures there were, by the next three.
 */
bool alarms_tick(struct alarms *alarms);
void alarms_lines(struct alarms *alarms, const char *program, bool dovecot,
	uint64_t lines, uint64_t unknown);
void alarms_log(struct alarms *alarms, const char *name, uint64_t lines);
/* Of a jail, whose filter is for Postfix' lines, or Dovecot's. */
void alarms_jail(
	struct alarms *alarms, const char *name, bool dovecot, uint64_t found);

/* What was learnt goes into the state store now and then, or now; and comes
 * back, at the start. */
void alarms_save(struct alarms *alarms, struct state *state, bool now);
void alarms_restore(struct alarms *alarms, struct state *state);

/* The news of an alarm that somebody else judges goes where all go. */
void alarms_notice(struct alarms *alarms, const struct alarm *alarm,
	enum level_news news, const struct words *words);
/* These messages, queue ids with a blank between two, go to the program that
 * is to hold them; false if that cannot be now. */
bool alarms_hold(struct alarms *alarms, const char *ids);

/* An alarm of mailban status. */
json_t *alarms_tell_one(const struct alarm *alarm, const struct words *words,
	int64_t now, int64_t wall);
/* alarms, disks and queues of mailban status (see mailban(1)), into object;
 * nothing if alarms is NULL. */
void alarms_tell(const struct alarms *alarms, json_t *object);
/* alarm_states, of each name the worst of the alarms that are in object;
 * nothing if there are no alarms. */
void alarms_tell_states(json_t *object);

#endif
