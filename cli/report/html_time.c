/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page's charts over time: the hours of the log are put into as many
 * places as a chart has room for. Whoever writes a log chooses its dates: what
 * lies outside of the places is in none.
 */
#include "cli/report/html_web.h"

#include <stdlib.h>
#include <time.h>

#include "cli/report/chart.h"
#include "lib/clock.h"

/* Places of a chart over time, at most. */
#define PLACES 96

/* The hours of the log in places that a chart can show. */
struct places {
	struct chart_time time;
	double values[6][PLACES];
};

enum { IN, OUT, LATE, REFUSED, QUEUE, ATTACKS };

static void places_fill(const struct web *w, struct places *p)
{
	const struct tally *t = w->l->hourly;

	for (uint32_t i = 0; i < tally_size(t); i++) {
		const struct hourly *h = tally_value(t, i);
		int64_t place = (h->hour * 3600 - p->time.begin) / p->time.step;
		size_t k = place < 0 ? 0 : (size_t)place;

		if (k >= p->time.n)
			continue;
		p->values[IN][k] += (double)h->traffic.n[TRAFFIC_RECEIVED];
		p->values[OUT][k] += (double)h->traffic.n[TRAFFIC_DELIVERED];
		p->values[LATE][k] += (double)h->traffic.n[TRAFFIC_DEFERRED];
		p->values[REFUSED][k] += (double)h->traffic.n[TRAFFIC_REJECTED];
		p->values[ATTACKS][k] += (double)h->attacks;
		if (h->queue > p->values[QUEUE][k])
			p->values[QUEUE][k] = h->queue;
	}
}

/* Whole days from the first to the last; hours, or more at a time. */
struct places *places_new(const struct web *w)
{
	struct places *p = calloc(1, sizeof(*p));
	time_t first = (time_t)(w->l->first / CLOCK_SECOND);
	int64_t whole;
	struct tm tm;

	if (!p)
		abort();
	if (!localtime_r(&first, &tm))
		memset(&tm, 0, sizeof(tm));
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	p->time.begin = (int64_t)mktime(&tm);
	whole = w->l->last / CLOCK_SECOND - p->time.begin;
	whole = (whole / 86400 + 1) * 86400;
	p->time.step = 3600;
	while (whole / p->time.step > PLACES)
		p->time.step *= 2;
	p->time.n = (size_t)((whole + p->time.step - 1) / p->time.step);
	if (p->time.n < 1 || p->time.n > PLACES)
		p->time.n = PLACES;
	places_fill(w, p);
	return p;
}

void places_traffic(const struct web *w, const struct places *p)
{
	const struct chart_series series[] = {
		{CHART_UP, 1, "received", p->values[IN]},
		{CHART_UP, 2, "delivered", p->values[OUT]},
		{CHART_DOWN, 3, "refused", p->values[REFUSED]},
		{CHART_LINE, 4, "deferred", p->values[LATE]},
	};

	web_section_begin(
		w, p->time.step == 3600 ? "Traffic by hour" : "Traffic");
	chart_over_time(w->to,
		"messages received and delivered, upwards, and refused, "
		"downwards, over time",
		&p->time, series, 4);
	web_section_end(w);
}

void places_queue(const struct web *w, const struct places *p)
{
	const struct chart_series series[] = {
		{CHART_AREA, 5, "messages", p->values[QUEUE]}};

	if (!web_any(p->values[QUEUE], p->time.n))
		return;
	web_section_begin(w, "Messages in the queue");
	chart_over_time(w->to, "the most messages in the queue, over time",
		&p->time, series, 1);
	web_section_end(w);
}

void places_attacks(const struct web *w, const struct places *p)
{
	const struct chart_series series[] = {
		{CHART_UP, 3, "failed logins", p->values[ATTACKS]}};

	web_section_begin(w, "Failed logins");
	chart_over_time(w->to, "failed logins over time", &p->time, series, 1);
	web_section_end(w);
}
