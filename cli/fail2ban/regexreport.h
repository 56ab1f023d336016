/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_FAIL2BAN_REGEXREPORT_H
#define MAILBAN_CLI_FAIL2BAN_REGEXREPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/fail2ban/regextest.h"

/* Which lines there were of a kind, and those that are to be shown. */
struct regexreport_lines {
	json_int_t n;
	json_t *shown;
	bool all, none; /* --print-all-..., --print-no-... */
};

/* What fail2ban-regex counts and prints of a run. */
struct regexreport {
	struct regextest *test;
	struct regexreport_lines missed, matched, ignored;
	json_int_t tested, pref_matched;
	json_t *pref_groups; /* of the prefregex, if verbose */
	int verbose;
	bool verbose_date; /* what each date template is */
	/* -D: each line with each regex as an address, of a log in this
	 * encoding; NULL: lines alone. */
	const char *debuggex;
	bool debuggex_names; /* <HOST> may be a name there */
	json_int_t shown_most;
	double seconds;
};

void regexreport_init(struct regexreport *r, struct regextest *test);
void regexreport_deinit(struct regexreport *r);
/* One line through the filter, counted. */
void regexreport_line(struct regexreport *r, const char *text, size_t n);
void regexreport_print(const struct regexreport *r, FILE *to);

#endif
