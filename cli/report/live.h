/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_REPORT_LIVE_H
#define MAILBAN_CLI_REPORT_LIVE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/history.h"

struct ledger;
struct options;
struct report_options;

/* What the daemon counted, for a report without a log. */
struct report_live {
	struct history history;
	json_t *attackers; /* of that day; NULL: of these hours not known */
	const char *day;   /* "today" or "yesterday" */
	bool left;	   /* no daemon runs: as the last one left it */
};

/*
 * Asks the daemon for the hours that the options name, and a week more before
 * them if weeks are to be compared; or looks at what the last one kept, if
 * none runs. One of EXIT_.
 */
int report_live_ask(struct report_live *live, const struct options *options,
	const struct report_options *o);
void report_live_free(struct report_live *live);
/* Fills a ledger with the hours that the options name. */
void report_live_fill(const struct report_live *live,
	const struct report_options *o, struct ledger *ledger);

/* Below the traffic: who attacked, and what a log would tell. */
void report_live_text(const struct report_live *live, FILE *to);

#endif
