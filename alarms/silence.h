/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_SILENCE_H
#define MAILBAN_ALARMS_SILENCE_H

#include <stdbool.h>
#include <stdint.h>

#define SILENCE_HOURS 24

/* How often something is heard of; all zero at the start. */
struct silence {
	bool begun;
	uint64_t lines;
	int64_t heard;	/* monotonic: when there was a line last */
	int64_t hour;	/* the last that gaps knows */
	uint32_t hours; /* that it knows, of SILENCE_HOURS */
	/* The longest gap that ended, or went on, in each hour, seconds. */
	uint32_t gaps[SILENCE_HOURS];
};

/* How many lines there were by now (monotonic), since the start: a number that
 * is less than before begins anew. */
void silence_see(struct silence *silence, uint64_t lines, int64_t now);
/* Seconds since there was one. */
double silence_seconds(const struct silence *silence, int64_t now);
/*
 * The longest gap of a day in each of whose hours there was a line, seconds;
 * INFINITY if there is no such day.
 */
double silence_usual(const struct silence *silence);

#endif
