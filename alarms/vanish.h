/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_VANISH_H
#define MAILBAN_ALARMS_VANISH_H

#include <stdbool.h>
#include <stdint.h>

#define VANISH_DAYS 28
/* Whole days that say what is usual. */
#define VANISH_LEAST 7

/* What a jail's filter finds by day; all zero at the start. */
struct vanish {
	bool begun;
	uint64_t total;		    /* at the last look, since the start */
	int64_t day;		    /* that runs, since 1970 */
	int32_t known;		    /* whole days before it */
	uint32_t days[VANISH_DAYS]; /* by number % VANISH_DAYS */
	bool found;		    /* anything yet; */
	int64_t heard;		    /* when last, monotonic */
	bool split;		    /* there was an upgrade: */
	int64_t upgrade;	    /* when, monotonic */
	uint32_t usual;		    /* of a quiet day, before it */
};

/* How many were found by now (monotonic; wall: since 1970), since the start: a
 * number that is less than before begins anew. */
void vanish_see(
	struct vanish *vanish, uint64_t total, int64_t now, int64_t wall);
/*
 * How many failures there would have been since an upgrade, by the quiet days
 * of the weeks before it (the lower quartile): 0 if there was one, within the
 * first day, and where less than VANISH_LEAST days are known.
 */
double vanish_missing(struct vanish *vanish, int64_t upgrade, int64_t now);

#endif
