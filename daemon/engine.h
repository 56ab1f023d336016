/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_ENGINE_H
#define MAILBAN_DAEMON_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "daemon/alarms.h"
#include "daemon/passed.h"

struct attackers;
struct audit;
struct durable;
struct config;
struct control;
struct counters;
struct decisions;
struct enforce;
struct feeds;
struct outbound;
struct reach;
struct import;
struct import_held;
struct resolver;
struct state;
struct warden_client;

struct engine_options {
	const char *confdir, *datadir; /* datadir may be NULL */
	const char *socket;
	const char *statedir;
	bool dry_run; /* decide and tell, enforce nothing */
	gid_t group;  /* whose members may look */
	int names_fd; /* of lookup_spawn() */
	pid_t names_pid;
	struct alarms_helpers alarms;
	struct passed passed;
	const struct reach *reach; /* what it can open; NULL: no sandbox */
};

/*
 * The process without a capability that reads, matches and decides. Its parts
 * are open to the files engine*.c, to the commands of the control socket, and
 * to what is done across stages (audit.c, durable.c, import*.c, signs.c).
 */
struct engine {
	struct engine_options options;
	struct config *config;
	struct warden_client *warden; /* NULL in a dry run */
	sd_event *loop;
	struct state *state;
	struct decisions *decisions;
	struct enforce *enforce;
	struct audit *audit;
	struct durable *durable;
	struct feeds *feeds;
	struct moved *moved;
	struct counters *counters;
	struct attackers *attackers;
	struct outbound *outbound; /* NULL: there are no alarms */
	struct resolver *resolver;
	struct alarms *alarms; /* NULL: there are none */
	struct control *control;
	struct import *import;	  /* that is under way, or NULL */
	struct import_held *held; /* of the last one: not in the kernel yet */
	int64_t imports;	  /* how many there were */
	sd_event_source *files, *more, *journal, *syslog, *tick, *warden_io;
	sd_event_source *signals[3];
	int64_t started; /* since boot, seconds */
	/* How many looked up names were told in this second, monotonic. */
	int64_t names_second;
	uint32_t names_told;
	uint64_t lines_counted; /* that the hourly counts have */
	int64_t saved;		/* monotonic: the last state_commit */
	bool restoring;		/* bans come out of the state store */
	bool hurried;		/* a ban of this turn was sent already */
	bool failed;
};

/*
 * Runs until it is told to stop; takes over config and warden. The status to
 * exit with: 0 after an orderly stop, 1 after a fault (told in the log).
 */
int engine_run(const struct engine_options *options, struct config *config,
	struct warden_client *warden);

/* Commits now what is otherwise written twice a second: what was done by hand
 * and answered must be there after a crash. */
void engine_save(struct engine *engine);

/*
 * Reads the configuration again and goes over to it; with a fault in it
 * everything stays as it was. What was set by hand of jails is undone, but
 * for those beside `only`, if a jail is named. True if it is in force; else
 * *why (if not NULL) is the first fault, to be freed.
 */
bool engine_reload(struct engine *engine, const char *only, char **why);

#endif
