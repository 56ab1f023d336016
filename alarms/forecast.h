/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_FORECAST_H
#define MAILBAN_ALARMS_FORECAST_H

#include <stdint.h>

#define FORECAST_POINTS 60
/* 15 minutes, 6 hours, 7 days. */
#define FORECAST_WINDOWS 3

/* What a value was over three spans of time, some points of each. */
struct forecast {
	struct forecast_window {
		struct forecast_point {
			int64_t at; /* monotonic, microseconds */
			double value;
		} points[FORECAST_POINTS]; /* a ring */
		uint16_t n, next;
	} windows[FORECAST_WINDOWS];
};

void forecast_add(struct forecast *forecast, int64_t now, double value);

/*
 * Seconds from now until the value, which falls, is 0; INFINITY if that is not
 * in sight. Two windows must agree on it: the later of their two estimates is
 * what counts. A window has an estimate once it has enough points over enough
 * of its span, and if most of them fall.
 */
double forecast_empty(const struct forecast *forecast, int64_t now);

/*
 * What the value usually was: the median of the longest window, 0 as long as
 * that has less than a day.
 */
double forecast_usual(const struct forecast *forecast);

#endif
