/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_CHECK_CHECK_H
#define MAILBAN_CLI_CHECK_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "alarms/disk.h"
#include "alarms/postconf.h"
#include "alarms/probe.h"
#include "alarms/queue.h"
#include "cli/check/verdict.h"

struct options;

/* What of one kind the command line can name. */
#define CHECK_MANY 16

struct check_list {
	const char *items[CHECK_MANY];
	size_t n;
};

struct check_port {
	enum probe_kind kind;
	uint16_t port;
};

/* The command line of `mailban check`. */
struct check_options {
	/* What is checked; NULL: all. */
	const char *what;
	bool has_warning, has_critical;
	int64_t warning, critical;
	/* Messages of one domain; 0: not looked at. */
	int64_t domain_warning, domain_critical;
	int timeout;	       /* seconds, for all of it */
	const char *configdir; /* Postfix', or NULL */
	const char *host;      /* that the probe goes to, or NULL: this one */
	struct check_port ports[CHECK_MANY];
	size_t n_ports; /* 0: those that there are */
	bool no_mail;
	bool reverse;
	struct check_list paths, egress, lists, addresses;
	const char *socket;
	bool help, version;
};

/* Reads the command line. 0, or VERDICT_UNKNOWN when it has told why. */
int check_options_read(struct check_options *options, int argc, char **argv);
void check_options_help(FILE *to);

/*
 * Asks postconf(1), or takes what it has by default where there is none.
 * False, and a finding, if it cannot be asked.
 */
bool check_postfix_ask(const struct check_options *options,
	struct postconf *postfix, struct verdict *verdict);

/* Alarms of mailband that are told: of disks, and of all else. */
#define CHECK_ALARMS 32

/* Lines about who fills the queues. */
#define CHECK_LISTS 6

/* What mailband saw when it looked last, and what it makes of it. */
struct check_daemon {
	struct check_disk_seen {
		char path[256];
		struct disk disk;
	} disks[CHECK_MANY];
	size_t disks_n;
	struct queue queues[QUEUES]; /* files, ready, oldest */
	bool has_queues;
	struct check_alarms {
		struct check_alarm {
			enum verdict_state state;
			char text[VERDICT_TEXT];
		} of[CHECK_ALARMS];
		size_t n;
	} alarms[2]; /* by whether they are of disks */
	/* Who fills the queues, if an alarm wanted to know. */
	char lists[CHECK_LISTS][2 * VERDICT_TEXT];
	size_t lists_n;
	bool stale; /* it has not looked for long */
};

/* False if it cannot be asked, or does not know. */
bool check_daemon_ask(
	const struct check_options *options, struct check_daemon *daemon);
/* Adds its alarms of disks, or the others. */
void check_daemon_alarms(const struct check_daemon *daemon, bool of_disks,
	struct verdict *verdict);

/* disk_read(), but what is read-only for this process alone is not. */
int check_disk_read(const char *path, struct disk *disk);
/* Has it no more than `wanted` bytes free (disk_wanted), so that Postfix takes
 * no mail? Then that is found, with `also` behind it. */
bool check_disk_refuses(const char *path, const struct disk *disk,
	uint64_t wanted, const char *also, struct verdict *verdict);

/* The parts; each adds what it finds. */
void check_bans(const struct check_options *options, struct verdict *verdict);
void check_disk(const struct check_options *options, struct verdict *verdict);
void check_names(const struct check_options *options, struct verdict *verdict);
void check_probe(const struct check_options *options, struct verdict *verdict);
void check_queue(const struct check_options *options, struct verdict *verdict);

/* The messages in the queue that postqueue(1) lists. */
struct check_listed {
	uint64_t messages;
	int64_t oldest; /* not on hold; seconds since 1970, 0: none */
	/* The domain with most of them, as sender's or recipient's. */
	char domain[256];
	uint64_t of_domain;
};

/* The same from postqueue(1), which anybody may ask. False, and a finding. */
bool check_queue_list(const struct check_options *options,
	struct check_listed *listed, struct verdict *verdict);

/*
 * Runs a program (argv[0] in PATH or an administrator's folder) and hands on
 * each line of its output, NUL at its end; longer than most it is cut. Its
 * exit status; -1 if it could not be run or was killed.
 */
int check_run(char **argv, size_t most,
	void (*line)(void *ctx, const char *line, size_t n), void *ctx);

/* When MAIL FROM may be asked for again: it was refused for want of room. */
struct check_backoff {
	int64_t next; /* seconds since 1970 */
	uint32_t refused;
	char said[PROBE_SAID];
};

/* What is remembered of a host, all zero if nothing. */
void check_backoff_read(const char *host, struct check_backoff *backoff);
/* Remembers it; where that fails, there is no back-off. */
void check_backoff_write(const char *host, const struct check_backoff *backoff);

#endif
