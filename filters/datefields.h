/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_DATEFIELDS_H
#define MAILBAN_FILTERS_DATEFIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The parts of a date as a template found them; -1 where there is none. */
struct datefields {
	int year, month, day, yearday; /* month from 1 */
	int week, weekday;	       /* of the year; 0 is Monday */
	bool sundays;		       /* weeks begin with them */
	int hour, minute, second;
	int64_t fraction; /* microseconds */
	bool pm, twelve;  /* hour is of twelve, pm or am */
	bool zoned;
	int zone; /* seconds east of UTC, if zoned */
};

void datefields_init(struct datefields *f);
/*
 * One part, by its letter in strptime(3)'s words ("Y", "b", "H", "z", ...).
 * False if the text cannot be it. Source: fail2ban's strptime.py, jail.conf(5).
 */
bool datefields_put(
	struct datefields *f, char letter, const char *text, size_t n);
/*
 * The moment, in microseconds since 1970 UTC; 0 if there is no such day. With
 * no year this year, or the last if that is more than 24 hours ahead; with no
 * day that of the year or of the week, if told, else today, or yesterday if
 * that is ahead; with no zone local time.
 */
int64_t datefields_time(const struct datefields *f);

#endif
