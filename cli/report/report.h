/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_REPORT_REPORT_H
#define MAILBAN_CLI_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "ledger/ledger.h"

struct attacks;
struct report_live;
struct tm;

/* How long the lists of a report are: -1 = whole, 0 = left out. */
enum report_list {
	REPORT_HOSTS,
	REPORT_USERS,
	REPORT_DEFERRALS,
	REPORT_BOUNCES,
	REPORT_REJECTS,
	REPORT_FAILURES,
	REPORT_WARNINGS,
	REPORT_LISTS
};

/* What the command line of `mailban report` said. */
struct report_options {
	struct ledger_options ledger;
	int64_t lists[REPORT_LISTS];
	bool json, html;
	bool attacks; /* instead of all else */
	bool quiet;   /* empty sections are left out */
	bool iso;     /* 2026-11-21, 10:00 */
	bool mailq;   /* the queue too */
	bool problems_first;
	bool help, version;
	const char *day; /* "today" or "yesterday", or NULL */
	char date[16];	 /* that day as it is told, and as lines begin */
	char prefixes[2][16];
	int64_t detail; /* of lists that have no number of their own */
	bool has_detail;
	bool without[REPORT_LISTS]; /* by an option of old */
	char **logs;		    /* in the order of reading */
	int n_logs;
	const char *statedir; /* of mailband, for when it does not run */
	const char *mail;     /* an address that gets it, or NULL */
	/* What the daemon counted, in the place of a log; or NULL. */
	const struct report_live *live;
	char **changes; /* sentences on top, NULL-terminated; or NULL */
};

/*
 * Reads the words behind `mailban report` as pflogsumm's Getopt::Long does:
 * -x and --xyz are the same, '_' is '-', unique beginnings do, case is of no
 * account, options stand anywhere before "--". Operands come to be
 * argv[0 .. n_logs - 1]. EXIT_YES, or EXIT_FAULT when told why.
 */
int report_options_parse(struct report_options *o, int argc, char **argv);
/*
 * "today", "yesterday", "now", "2026-11-21", with a time of day behind it,
 * "@1795255200", or how long ago: "6h". Microseconds since 1970.
 */
bool report_time(const char *text, int64_t *out);
/* Midnight of the day that lies so many before today; it stays in *tm. */
int64_t report_midnight(int days_ago, struct tm *tm);
/* Writes how the command is called and what its options are. */
void report_options_help(FILE *to);

/* The report as pflogsumm writes it; NULL-terminated faults go on top. */
void report_text(const struct ledger *l, const struct report_options *o,
	const char *const *faults, FILE *to);
void report_json(const struct ledger *l, const struct report_options *o,
	const char *const *faults, FILE *to);

/* Attacks and who came in after them: as tables, and as an object. */
void report_attacks(const struct attacks *a, const struct report_options *o,
	const char *const *faults, FILE *to);
void report_attacks_json(
	const struct attacks *a, const char *const *faults, FILE *to);

/* One page for a browser or a mail client, with nothing to be fetched. */
void report_html(const struct ledger *l, const struct report_options *o,
	const char *const *faults, FILE *to);

/* Orders for tally_sorted, each ended by the names themselves. */
int report_by_count(const struct tally *t, uint32_t a, uint32_t b);
int report_by_user_count(const struct tally *t, uint32_t a, uint32_t b);
int report_by_user_size(const struct tally *t, uint32_t a, uint32_t b);
int report_by_day(const struct tally *t, uint32_t a, uint32_t b);
int report_by_hourly(const struct tally *t, uint32_t a, uint32_t b);
int report_by_name(const struct tally *t, uint32_t a, uint32_t b);

#endif
