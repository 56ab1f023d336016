/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When will it be full? The slope is Theil's and Sen's, the median of the
 * slopes of all pairs of points: a backup that comes and goes or a log that is
 * rotated does not bend it. It must never cry for a value that only trembles.
 */
#include "alarms/forecast.h"

#include <math.h>
#include <stdlib.h>

#include "lib/clock.h"

#define MINUTE (60 * CLOCK_SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static const int64_t spans[FORECAST_WINDOWS] = {15 * MINUTE, 6 * HOUR, 7 * DAY};

/* A window speaks with so many points over a twelfth of its span. */
#define POINTS_LEAST 6
#define SPAN_LEAST 12
/* Of all pairs of points two thirds must fall. */
#define FALLING(n) ((n)*2 / 3)

#define PAIRS (FORECAST_POINTS * (FORECAST_POINTS - 1) / 2)

static const struct forecast_point *point(
	const struct forecast_window *w, size_t i)
{
	return &w->points[(w->next + FORECAST_POINTS - w->n + i) %
			  FORECAST_POINTS];
}

static void window_add(struct forecast_window *w, int64_t span,
	const struct forecast_point *now)
{
	while (w->n > 0 && now->at - point(w, 0)->at > span)
		w->n--;
	if (w->n > 0 &&
		now->at - point(w, w->n - 1u)->at < span / FORECAST_POINTS)
		return;
	w->points[w->next] = *now;
	w->next = (uint16_t)((w->next + 1) % FORECAST_POINTS);
	if (w->n < FORECAST_POINTS)
		w->n++;
}

void forecast_add(struct forecast *f, int64_t now, double value)
{
	const struct forecast_point p = {now, value};

	for (size_t i = 0; i < FORECAST_WINDOWS; i++)
		window_add(&f->windows[i], spans[i], &p);
}

static int64_t covers(const struct forecast_window *w)
{
	return w->n ? point(w, w->n - 1u)->at - point(w, 0)->at : 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* Change a second; 0 if most pairs do not fall. */
static double window_slope(const struct forecast_window *w)
{
	double slopes[PAIRS];
	size_t n = 0, falling = 0;

	for (size_t i = 0; i < w->n; i++)
		for (size_t j = i + 1; j < w->n; j++) {
			const struct forecast_point *a = point(w, i);
			const struct forecast_point *b = point(w, j);

			if (b->at == a->at)
				continue;
			slopes[n] = (b->value - a->value) * CLOCK_SECOND /
				    (double)(b->at - a->at);
			falling += slopes[n++] < 0;
		}
	return n && falling > FALLING(n) ? median(slopes, n) : 0;
}

/* Seconds from now, from where the window's last point was. */
static double window_empty(
	const struct forecast_window *w, int64_t span, int64_t now)
{
	const struct forecast_point *last;
	double slope, left;

	if (w->n < POINTS_LEAST || covers(w) < span / SPAN_LEAST)
		return INFINITY;
	slope = window_slope(w);
	if (slope >= 0)
		return INFINITY;
	last = point(w, w->n - 1u);
	left = last->value / -slope - (double)(now - last->at) / CLOCK_SECOND;
	return left > 0 ? left : 0;
}

double forecast_empty(const struct forecast *f, int64_t now)
{
	double first = INFINITY, second = INFINITY;

	for (size_t i = 0; i < FORECAST_WINDOWS; i++) {
		double t = window_empty(&f->windows[i], spans[i], now);

		if (t < first) {
			second = first;
			first = t;
		} else if (t < second) {
			second = t;
		}
	}
	return second;
}

double forecast_usual(const struct forecast *f)
{
	const struct forecast_window *w = &f->windows[FORECAST_WINDOWS - 1];
	double values[FORECAST_POINTS];

	if (covers(w) < DAY)
		return 0;
	for (size_t i = 0; i < w->n; i++)
		values[i] = point(w, i)->value;
	return median(values, w->n);
}
