/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_FAIL2BAN_REGEXTEST_H
#define MAILBAN_CLI_FAIL2BAN_REGEXTEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/fail2ban/regexdate.h"
#include "filters/regex.h"

/*
 * A filter laid open: every failregex is tried on every line, and all that a
 * match names is kept, as fail2ban-regex does it. The daemon's own verdict is
 * filter_match's; this is for who writes a filter.
 */
struct regextest_row {
	char *text;  /* as the file has it */
	char *shown; /* with its tags put in */
	struct regex *regex;
	uint64_t hits;
	json_t *found; /* [id, time, others matched too] of each hit, if kept */
};

struct regextest_rows {
	struct regextest_row *items;
	size_t n;
};

struct regextest {
	struct regextest_rows fail, ignore;
	struct regextest_row pref; /* regex NULL: none */
	struct regexdate date;
	size_t maxlines; /* at least 1 */
	bool names;	 /* <HOST> may be a name */
	bool resolve;	 /* and is looked up */
	bool raw;	 /* ids are not made into addresses */
	bool all;	 /* every regex is tried */
	bool waits;	 /* what has no id yet is not told (with !all) */

	/* Of the line before last. */
	json_t *buffer; /* its last lines: [before, date, behind] each */
	json_t *sessions;
	bool pref_matched, ignored;
	json_t *pref_groups;
	char *now; /* the text of the line that was looked at last */
};

/* An empty one: nothing but maxlines 1. */
void regextest_init(struct regextest *t);
void regextest_deinit(struct regextest *t);

/*
 * Adds a failregex, an ignoreregex, or sets the prefregex. NULL, or what is
 * wrong with it, in fail2ban's words; the caller frees.
 */
char *regextest_fail(struct regextest *t, const char *text);
char *regextest_ignore(struct regextest *t, const char *text);
char *regextest_pref(struct regextest *t, const char *text);

/*
 * What is found in a line, valid UTF-8: an array of {"regex", "id", "time",
 * "fail"}, of which the last is what the groups hold. The caller gives it back.
 */
json_t *regextest_line(struct regextest *t, const char *text, size_t n);

#endif
