/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_WHEN_H
#define MAILBAN_LEDGER_WHEN_H

#include <stdint.h>

/* The day and the time of day of a line. */
struct when {
	int64_t time; /* microseconds since 1970 UTC; 0 = not known */
	int year, month /* from 0 */, day;
	int hour, minute, second;
};

/* Neighbouring lines share the quarter of an hour. All zero is a good start. */
struct when_clock {
	int64_t begin, end;
};

/*
 * The day and the hour of a time of header_cut, local; no minutes. *when is
 * the same each time, and nobody else writes to it.
 */
void when_local(struct when_clock *clock, int64_t time, struct when *when);
/* Seconds from one to the other by the calendar alone. */
int64_t when_seconds(const struct when *from, const struct when *to);
/* A day's number by which days are in order: 20261121 for 2026-11-21. */
int64_t when_day(const struct when *when);

#endif
