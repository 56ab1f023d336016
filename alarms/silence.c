/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When is it too quiet? A log that has a line in each hour of a day has one in
 * the next. What is quiet at night, or was not watched for a day, is never
 * missed: an alarm that cries wolf is none.
 */
#include "alarms/silence.h"

#include <math.h>
#include <string.h>

#include "lib/clock.h"

#define HOUR_SECONDS 3600

static void begin(struct silence *s, uint64_t lines, int64_t now)
{
	*s = (struct silence){.begun = true,
		.lines = lines,
		.heard = now,
		.hour = now / CLOCK_SECOND / HOUR_SECONDS};
}

/* The gap goes into its hour, and hours that went by have at least it. */
static void put_gap(struct silence *s, int64_t now)
{
	int64_t hour = now / CLOCK_SECOND / HOUR_SECONDS;
	uint32_t gap = (uint32_t)((now - s->heard) / CLOCK_SECOND);

	for (int i = 0; s->hour < hour && i < SILENCE_HOURS; i++) {
		s->gaps[++s->hour % SILENCE_HOURS] = 0;
		if (s->hours < SILENCE_HOURS)
			s->hours++;
	}
	s->hour = hour;
	if (gap > s->gaps[hour % SILENCE_HOURS])
		s->gaps[hour % SILENCE_HOURS] = gap;
}

void silence_see(struct silence *s, uint64_t lines, int64_t now)
{
	if (!s->begun || lines < s->lines) {
		begin(s, lines, now);
	} else if (lines > s->lines) {
		put_gap(s, now);
		s->lines = lines;
		s->heard = now;
	}
}

double silence_seconds(const struct silence *s, int64_t now)
{
	return s->begun ? (double)(now - s->heard) / CLOCK_SECOND : 0;
}

double silence_usual(const struct silence *s)
{
	uint32_t most = 0;

	if (s->hours < SILENCE_HOURS)
		return INFINITY;
	for (int i = 0; i < SILENCE_HOURS; i++)
		if (s->gaps[i] > most)
			most = s->gaps[i];
	return most > HOUR_SECONDS ? INFINITY : most;
}
