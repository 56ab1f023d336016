/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_JUDGE_PARTS_H
#define MAILBAN_ALARMS_JUDGE_PARTS_H

/* What the files judge*.c share, and nobody else. */

#include "alarms/ages.h"
#include "alarms/growth.h"
#include "alarms/judge.h"
#include "alarms/silence.h"
#include "alarms/vanish.h"

/* Kinds of a disk, of a spool; of what there is once; of a program. */
#define JUDGE_OF_DISK (ALARM_READ_ONLY + 1)
#define JUDGE_OF_SPOOL (ALARM_PROCESSES + 1 - ALARM_INCOMING)
#define JUDGE_SINGLES (ALARM_PROBE + 1 - ALARM_MEMORY)
#define JUDGE_OF_PROGRAM (ALARM_UNKNOWN + 1 - ALARM_NO_SPACE)
#define JUDGE_DISK_ALARMS (REPORT_DISKS * JUDGE_OF_DISK)
#define JUDGE_SPOOL_ALARMS (REPORT_SPOOLS * JUDGE_OF_SPOOL)
#define JUDGE_PROGRAM_ALARMS (JUDGE_PROGRAMS * JUDGE_OF_PROGRAM)
#define JUDGE_FIRST_OF_PROGRAMS \
	(JUDGE_DISK_ALARMS + JUDGE_SPOOL_ALARMS + JUDGE_SINGLES)
#define JUDGE_FIRST_OF_LOGS (JUDGE_FIRST_OF_PROGRAMS + JUDGE_PROGRAM_ALARMS)
#define JUDGE_FIRST_OF_JAILS (JUDGE_FIRST_OF_LOGS + JUDGE_LOGS)
#define JUDGE_ALL_ALARMS (JUDGE_FIRST_OF_JAILS + JUDGE_JAILS)

/* Queues whose growth is looked at. */
#define JUDGE_GROWTHS (ALARM_HOLD_GROWTH + 1 - ALARM_INCOMING_GROWTH)

/* Minutes that a sign is remembered. */
#define JUDGE_SIGN_MINUTES 20

/* Shares of so many make a habit. */
#define JUDGE_USUAL_SAMPLES 6

struct judge_said {
	char name[JUDGE_PROGRAM];
	bool dovecot;
	bool seen; /* since the start */
	char version[JUDGE_VERSION];
	bool upgraded;	     /* from another one: */
	int64_t upgraded_at; /* monotonic */
	/* Signs by minute, number % JUDGE_SIGN_MINUTES. */
	struct judge_sign_minute {
		int64_t number;
		uint32_t n;
	} signs[SIGN_KINDS][JUDGE_SIGN_MINUTES];
	bool stopped;
	int64_t stopped_at; /* monotonic */
	/* Since the last sample: of what share was not understood. */
	uint64_t lines, unknown;
	int64_t sampled;
	double usual; /* that share, slowly followed */
	uint32_t samples;
};

struct judge_log {
	char name[REPORT_PATH];
	bool seen;
	struct silence silence;
};

struct judge_jail {
	char name[JUDGE_JAIL];
	bool seen;
	struct vanish vanish;
};

struct judge {
	struct judge_rules rules;
	judge_news_fn fn;
	void *ctx;
	struct report_watch watch;
	struct report last;
	bool has_last, has_memory;
	struct memory memory;
	uint64_t wanted[REPORT_SPOOLS];
	struct alarm alarms[JUDGE_ALL_ALARMS];
	struct forecast bytes[REPORT_DISKS], inodes[REPORT_DISKS];
	struct forecast deferred[REPORT_SPOOLS];
	struct growth growths[REPORT_SPOOLS][JUDGE_GROWTHS];
	char more[REPORT_SPOOLS][2][JUDGE_MORE]; /* moving, on hold */
	bool was_there[REPORT_DISKS], was_writable[REPORT_DISKS];
	bool was_again[REPORT_DISKS]; /* on the disk of an earlier path */
	struct ages ages;
	struct judge_said programs[JUDGE_PROGRAMS];
	size_t programs_n;
	struct judge_log logs[JUDGE_LOGS];
	size_t logs_n;
	struct judge_jail jails[JUDGE_JAILS];
	size_t jails_n;
	bool has_signs;
	bool is_new;	       /* what is kept */
	char said[JUDGE_SAID]; /* by the probe */
	char waited[96];       /* for memory, in words */
};

/* The place of an alarm: of disk or spool i as watched, and a kind of these. */
struct alarm *judge_disk_alarm(
	struct judge *judge, size_t i, enum alarm_kind kind);
struct alarm *judge_spool_alarm(
	struct judge *judge, size_t i, enum alarm_kind kind);
/* The same as a number, for who only looks. */
size_t judge_spool_place(size_t i, enum alarm_kind kind);
/* What a report says of each; it is of what is watched. */
void judge_disks(struct judge *judge, const struct report *report, int64_t now);
void judge_spools(
	struct judge *judge, const struct report *report, int64_t now);

/* The kinds and subjects of the alarms of lines. */
void judge_signs_lay_out(struct judge *judge);
/* Is it of letters, digits and ._- alone, and begins with no "-"? */
bool judge_is_name(const char *name);
/* The place of a log, a jail, NULL if there is none. */
struct judge_log *judge_log_of(struct judge *judge, const char *name);
struct judge_jail *judge_jail_of(struct judge *judge, const char *name);
/* A value against thresholds, and the news of it told; NAN is none. */
void judge_sample(struct judge *judge, struct alarm *alarm, double value,
	const struct judge_pair *pair, int64_t now);
/* The same with the thresholds of the configuration. */
void judge_sample_plain(
	struct judge *judge, struct alarm *alarm, double value, int64_t now);

#endif
