/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_FAIL2BAN_REGEXRUN_H
#define MAILBAN_CLI_FAIL2BAN_REGEXRUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/fail2ban/regexreport.h"
#include "cli/fail2ban/regextest.h"
#include "filters/filterfile.h"

/* One call of fail2ban-regex: what its command line said, and what came of
 * it. */
struct regexrun {
	const char *program, *config, *datadir;
	const char *datepattern, *timezone, *encoding, *out;
	struct regextest test;
	struct regexreport report;
	bool maxlines_set, debuggex;
	bool journal; /* the log is the journal, by what it is called */
	const char *journalmatch; /* of the command line; NULL: the filter's */
	char *filter_match;	  /* the filter's, or NULL */
	const char *usedns;
	long maxlines;
	bool held; /* a line waits to be known as not the last */
	char *line;
	size_t line_n;
	char zone[32];
	FILE *to;
};

/* Prints; all goes this way, to be made safe for a terminal. */
__attribute__((format(printf, 2, 3))) void regexrun_say(
	struct regexrun *r, const char *format, ...);
/* The same, but for what -o leaves out. */
#define regexrun_tell(r, ...) \
	((r)->out ? (void)0 : regexrun_say(r, __VA_ARGS__))

/* Runs a file, or a line as it is, through the filter; false if told why it
 * cannot. */
bool regexrun_log(struct regexrun *r, const char *what);

/* One line, valid UTF-8, through the filter. */
void regexrun_line(struct regexrun *r, const char *text, size_t n);
/* The journal, "systemd-journal[journalpath=DIR]"; false if told why it
 * cannot. */
bool regexjournal_run(struct regexrun *r, const char *what);

/* Reads the options; the index of the first operand in *operands. -1, or the
 * exit status if that was all. */
int regexoptions_parse(
	struct regexrun *r, int argc, char **argv, int *operands);
/* The help, on stdout. */
void regexoptions_help(const struct regexrun *r);

/* Each of them is false when told why not. */
bool regexfilter_settings(struct regexrun *r);
/* A failregex, a filter's name or its file; an ignoreregex. */
bool regexfilter_fail(struct regexrun *r, const char *value);
/*
 * The filter of the jail that is named as a filter, with the options given and
 * with those of the jail, in *out; its memory is the arena's. False if there is
 * none of that name. *failed: what it says of its filter cannot be read.
 */
bool regexjail_find(struct regexrun *r, const struct filter_spec *given,
	struct filter_spec *out, struct arena *arena, bool *failed);
bool regexfilter_ignore(struct regexrun *r, const char *value);

#endif
