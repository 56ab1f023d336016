/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_ESCALATE_H
#define MAILBAN_JAILS_ESCALATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct formula;

/*
 * bantime.*: how long an address that was banned before is banned now. As
 * fail2ban's jail.conf(5) has it; the first ban always lasts bantime.
 */
struct escalate {
	bool increment; /* false: nothing below counts */
	bool overalljails;
	double factor;
	const struct formula *formula; /* NULL: the doubling of jail.conf */
	const double *multipliers;     /* if any, instead of the formula */
	size_t multipliers_n;	       /* the last one repeats */
	int64_t maxtime;	       /* seconds; 0 or less = none */
	int64_t rndtime;	       /* seconds; 0 or less = none */
};

/* For ever, as bantime = -1 says. */
#define ESCALATE_FOREVER INT64_C(-1)
/* The longest that a formula can ask for, in seconds: a hundred years. */
#define ESCALATE_MOST INT64_C(3155760000)

/* No increment, factor 1, nothing else. */
void escalate_init(struct escalate *e);

/*
 * Seconds of the ban of an address that was banned `before` times, or
 * ESCALATE_FOREVER where bantime is negative. *random is the state of the
 * random numbers for rndtime: any value to begin with, advanced at each use.
 * A formula that has no value here gives bantime itself.
 */
int64_t escalate_bantime(const struct escalate *e, int64_t bantime,
	uint32_t before, uint64_t *random);

/*
 * How many failures one failure of an address counts for that was banned
 * `before` times: 1, 2, 3, 5, 9, 17... up to maxretry; 1 without increment.
 */
uint32_t escalate_weight(
	const struct escalate *e, uint32_t before, uint32_t maxretry);

#endif
