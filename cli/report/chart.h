/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_REPORT_CHART_H
#define MAILBAN_CLI_REPORT_CHART_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Charts as SVG inside of a page whose style sheet knows the classes: the
 * colours c1 to c6 (fill) and l1 to l6 (stroke), and axis, grid, zero.
 */

/* Bars stand on the zero line or hang from it; an area is filled below. */
enum chart_shape { CHART_UP, CHART_DOWN, CHART_LINE, CHART_AREA };

struct chart_series {
	enum chart_shape shape;
	int colour; /* 1 to 6 */
	const char *name;
	const double *values; /* as many as the chart has places */
};

/* Places in time, each step seconds from begin on (since 1970). */
struct chart_time {
	int64_t begin, step;
	size_t n;
};

/* label: what the picture shows, for who cannot see it. */
void chart_over_time(FILE *to, const char *label, const struct chart_time *time,
	const struct chart_series *series, size_t n);
/* One bar for each of n names, with its number above it. */
void chart_columns(FILE *to, const char *label, const char *const *names,
	const double *values, size_t n, int colour);
/* A bar within a row of a table: value out of most. */
void chart_bar(FILE *to, double value, double most, int colour);
/* A bar made up of n parts, in the colours 1 to n. */
void chart_parts(FILE *to, const char *label, const double *parts, size_t n);
/* "12,345", or "1.2 M" above a million. */
char *chart_number(double value, char *text, size_t room);

#endif
