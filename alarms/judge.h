/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_JUDGE_H
#define MAILBAN_ALARMS_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alarms/forecast.h"
#include "alarms/level.h"
#include "alarms/memory.h"
#include "alarms/report.h"
#include "alarms/services.h"
#include "ledger/sign.h"

enum alarm_kind {
	ALARM_DISK,    /* bytes free */
	ALARM_INODES,  /* share of the inodes that is free, percent */
	ALARM_FULL_IN, /* seconds until bytes or inodes are used up */
	/* 1: it cannot be written to, 2: nor looked at, 3: it is not mounted */
	ALARM_READ_ONLY,
	ALARM_INCOMING, /* complete messages that nobody takes */
	ALARM_ACTIVE,
	ALARM_DEFERRED,
	ALARM_CORRUPT,
	ALARM_MAILDROP,	       /* age of the oldest, seconds */
	ALARM_OLDEST,	       /* of incoming: the same */
	ALARM_OLDEST_DEFERRED, /* the same */
	ALARM_INCOMING_GROWTH, /* messages more than in the last hour's least */
	ALARM_ACTIVE_GROWTH,
	ALARM_DEFERRED_GROWTH,
	ALARM_HOLD_GROWTH,
	ALARM_PROCESSES, /* of the fullest service, percent of its limit */
	ALARM_MEMORY, /* pressure: 1 at the warning, 2 at the critical level */
	ALARM_IO,     /* percent of the last minute that all waited for disks */
	ALARM_GAUGE,  /* seconds without a word of the gauge process */
	ALARM_PROBE,  /* what mailban-check(1) ended with: 1 also for unknown */
	/* What a program's lines tell; of the first ones, how many did within
	 * the last minutes. In the order of enum sign. */
	ALARM_NO_SPACE,
	ALARM_DISK_FAULT,
	ALARM_LIMIT,
	ALARM_THROTTLED,
	ALARM_CRASHED,
	ALARM_FATAL,
	ALARM_CONFIG,
	ALARM_DOWN,    /* seconds since it ended */
	ALARM_UNKNOWN, /* percent of lines that are not understood */
	ALARM_SILENT,  /* of a log: seconds without a line */
	/* Of a jail: failures that would be usual, and none since an upgrade */
	ALARM_VANISHED,
	/* Of an account; others judge them, by its habit too. */
	ALARM_RECIPIENTS, /* of this hour */
	ALARM_RETURNED,	  /* the share of them that came back, percent */
	ALARM_NETWORKS,	  /* that it was used from in this hour */
	ALARM_LOGIN,	  /* from an address that failed on so many accounts */
	ALARM_KINDS
};

/* Whose lines are looked at: those two, and other instances of Postfix. */
enum { JUDGE_POSTFIX, JUDGE_DOVECOT, JUDGE_PROGRAMS = 6 };
#define JUDGE_PROGRAM 49 /* with the NUL */
#define JUDGE_VERSION 32
/* Logs, and programs in them, whose silence is told. */
#define JUDGE_LOGS 24
/* Jails that are looked at, and the room of a name. */
#define JUDGE_JAILS 32
#define JUDGE_JAIL 65
#define JUDGE_DETAIL 64
#define JUDGE_MORE 448

/* Warning and critical; INFINITY (-INFINITY where low is bad): never. */
struct judge_pair {
	double warning, critical;
};

struct judge_rules {
	struct judge_pair pairs[ALARM_KINDS]; /* disk: percent */
	int64_t repeat;			      /* see struct level_rule */
	int64_t interval; /* between two looks, microseconds */
};

/* What mailban.conf(5) says holds without it. */
extern const struct judge_rules judge_default;

/* The name of a kind in status, notices and mailban.conf; its pair there. */
const char *judge_name(enum alarm_kind kind);
/* How many samples raise and end it; without thresholds. */
const struct level_rule *judge_rule(enum alarm_kind kind);

struct alarm {
	enum alarm_kind kind;
	const char
		*subject; /* a path, an account, "postfix" and so on, or "" */
	struct level_state state;
	bool known;   /* there was a sample */
	double value; /* the last */
	double total; /* of what it is a part, an errno, or 0 */
	/* The service that it is about, of letters, digits and ._-:[]/ alone,
	 * or "". */
	char detail[JUDGE_DETAIL];
	/* Who fills the queue that it is about, harmless; "" if not known. */
	const char *more;
	/* Bytes below which Postfix refuses mail on that file system, 0: it
	 * has no queue there. */
	uint64_t refuses_below;
	/* A notice of it may not get through as mail. */
	bool about_mail;
	/* What the probe said, or how long programs waited for memory; NULL
	 * for all others. */
	const char *said;
};

/* Called for each change; the alarm is as it now stands. */
typedef void (*judge_news_fn)(
	void *ctx, const struct alarm *alarm, enum level_news news);

struct judge;

/* Knows nothing to watch yet but the memory and the gauge process. */
struct judge *judge_new(
	const struct judge_rules *rules, judge_news_fn fn, void *ctx);
void judge_free(struct judge **judge);
/* Other thresholds from now on. */
void judge_set_rules(struct judge *judge, const struct judge_rules *rules);
/* What the reports will be about, once; disk i holds spool i for each spool. */
void judge_watch(struct judge *judge, const struct report_watch *watch);
/* What Postfix' instance i needs: see disk_wanted(). */
void judge_set_wanted(struct judge *judge, size_t spool, uint64_t bytes);

/* now is monotonic, wall the other: for the ages of files alone. */
void judge_report(struct judge *judge, const struct report *report, int64_t now,
	int64_t wall);
/* The processes of Postfix' instance i, and its limits: none if there is no
 * such instance any more. True: one is beyond the threshold, or was just now.
 */
bool judge_services(struct judge *judge, size_t spool,
	const struct services *services, int64_t now);
void judge_memory(
	struct judge *judge, const struct memory *memory, int64_t now);
/*
 * The number of who logs under a name, "postfix-out" say; what is not of
 * letters, digits and ._- alone, and those that are too many, are the first of
 * the kind.
 */
size_t judge_program(struct judge *judge, const char *name, bool dovecot);
const char *judge_program_name(const struct judge *judge, size_t program);
/*
 * A line of the program's own trouble (ledger/sign.h) that was written just
 * now; who: n bytes, the service, or the version that began. Judged with the
 * next call of judge_signs.
 */
void judge_sign(struct judge *judge, size_t program, enum sign sign,
	const char *who, size_t n, int64_t now);
/* Is there such a line that was not judged yet? */
bool judge_has_signs(const struct judge *judge);
/* All that lines tell but for silence: also when there are none. */
void judge_signs(struct judge *judge, int64_t now);
/* Of a program's lines since the start, how many were not understood. */
void judge_lines(struct judge *judge, size_t program, uint64_t lines,
	uint64_t unknown, int64_t now);
/* A log, or a program that logs, and its lines since the start. Beyond
 * JUDGE_LOGS there are none. */
void judge_log(
	struct judge *judge, const char *name, uint64_t lines, int64_t now);
/* A jail, whose filter is for that program's lines, and how many failures it
 * found since the start; wall: since 1970. Beyond JUDGE_JAILS there are none.
 */
void judge_jail(struct judge *judge, const char *name, bool dovecot,
	uint64_t found, int64_t now, int64_t wall);

/*
 * What was learnt of programs, logs and jails, over a restart: who has ended,
 * what is usual. Bytes written, 0 if there is no room.
 */
#define JUDGE_KEPT 32768
size_t judge_keep(const struct judge *judge, int64_t now, int64_t wall,
	void *bytes, size_t room);
/* At the start, before a line. False, and nothing learnt, if it is nothing
 * that judge_keep() made. */
bool judge_recall(struct judge *judge, const void *bytes, size_t n, int64_t now,
	int64_t wall);
/* True once after somebody ended or began, or a version did. */
bool judge_is_new(struct judge *judge);
/* Does an alarm of this queue directory need to know who fills it? */
bool judge_wants_more(const struct judge *judge, size_t spool);
/* That, of messages that are on their way and of those on hold; printable
 * ASCII, cut at JUDGE_MORE - 1 bytes. */
void judge_set_more(struct judge *judge, size_t spool, const char *moving,
	const char *hold);

/* How long there has been no report, seconds. */
void judge_silence(struct judge *judge, double seconds, int64_t now);

/* What a probe ended with, as a plugin does, and said. True: the next one
 * should be soon, it may change what the alarm is. */
#define JUDGE_SAID 320
/* What stands before what it said if it could not find out. */
#define JUDGE_NOT_KNOWN "not known: "
bool judge_probe(
	struct judge *judge, int status, const char *said, int64_t now);

/* All alarms that there are, in a fixed order; NULL behind the last. */
const struct alarm *judge_alarm(const struct judge *judge, size_t i);
/* The last report; NULL before the first. */
const struct report *judge_last(const struct judge *judge);
const struct report_watch *judge_watched(const struct judge *judge);
/* Seconds until disk i is full; INFINITY: not in sight. */
double judge_full_in(const struct judge *judge, size_t disk, int64_t now);

#endif
