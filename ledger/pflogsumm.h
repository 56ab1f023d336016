/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_PFLOGSUMM_H
#define MAILBAN_LEDGER_PFLOGSUMM_H

#include <stdbool.h>

#include "ledger/span.h"
#include "ledger/when.h"

struct record;

/*
 * What pflogsumm 1.1.5 takes a line for, its errors with it: see pflogsumm(1)
 * of that release. name is its --syslog-name, "postfix" if there is none.
 */
struct pflogsumm {
	struct span name;
	int year, month;     /* of today; month from 0 */
	struct span date[2]; /* with -d, what lines begin with; else empty */
	bool connections;    /* somebody asks for those of smtpd(8) */
	char header[64];     /* what the last line began with, */
	size_t known;	     /* so many bytes of it; 0 = none, */
	struct when when;    /* and what date that was */
	char *scratch;	     /* room for the longest line, or NULL as long as
				none was needed */
	bool moved;	     /* the last line was put there, and read there */
};

/* False if the line is none that it counts in any way. */
bool pflogsumm_parse(struct pflogsumm *p, struct span line, struct when *when,
	struct record *record);

/*
 * The second half of it: log is all that stands behind the host; program and
 * queue are set, and the kind to RECORD_IDLE, which stays if it is nothing, and
 * of connections if nobody asks for them.
 */
void pflogsumm_take(struct span log, bool connections, struct record *record);

#endif
