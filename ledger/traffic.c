/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages by hour and by day. Lines need not be in order, but for pflogsumm's
 * way, for which a day begins whenever the day of the month is another.
 */
#include "ledger/accounts.h"

#include "lib/clock.h"

struct day *traffic_day(struct ledger *l, const struct when *when)
{
	struct ledger_state *s = l->state;
	int64_t key = when_day(when);
	struct day *day;

	if (s->day_known != key) {
		struct span name = {(const char *)&key, sizeof(key)};

		s->day_row = tally_row(l->days, name);
		s->day_known = key;
		if (s->day_row == TALLY_NONE)
			return NULL;
		day = tally_value(l->days, s->day_row);
		day->year = when->year;
		day->month = when->month;
		day->day = when->day;
	}
	return s->day_row == TALLY_NONE ? NULL
					: tally_value(l->days, s->day_row);
}

struct hourly *traffic_hourly(struct ledger *l)
{
	struct ledger_state *s = l->state;
	int64_t key = s->when.time / (3600 * CLOCK_SECOND);
	struct hourly *hourly;

	if (l->options.compat || l->options.totals)
		return NULL;
	if (s->hour_known != key) {
		struct span name = {(const char *)&key, sizeof(key)};

		s->hour_row = tally_row(l->hourly, name);
		s->hour_known = key;
	}
	if (s->hour_row == TALLY_NONE)
		return NULL;
	hourly = tally_value(l->hourly, s->hour_row);
	hourly->hour = key;
	return hourly;
}

void traffic_count(struct ledger *l, int column)
{
	struct ledger_state *s = l->state;
	struct hourly *hourly;
	struct day *day;

	if (l->options.totals)
		return;
	hourly = traffic_hourly(l);
	day = traffic_day(l, traffic_when(l));
	l->hours[s->when.hour].n[column]++;
	if (hourly)
		hourly->traffic.n[column]++;
	if (!day)
		return;
	day->filled = true;
	day->traffic.n[column]++;
	if (day->columns <= column)
		day->columns = (uint8_t)(column + 1);
}

/* compat: a day begins whenever the day of the month is another. */
void traffic_begin_line(struct ledger *l)
{
	struct ledger_state *s = l->state;
	struct day *day;

	if (s->when.day == s->last_day)
		return;
	s->last_day = s->when.day;
	s->day = s->when;
	l->day_changes++;
	if (!l->options.zero_fill)
		return;
	day = traffic_day(l, &s->day);
	if (day) {
		day->filled = true;
		day->columns = TRAFFIC_COLUMNS;
		day->traffic.n[TRAFFIC_REJECTED] = 0;
	}
}
