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

static bool traffic_keeps_hours(const struct ledger *l)
{
	return !l->options.compat && !l->options.totals && !l->options.plain;
}

struct hourly *traffic_hourly(struct ledger *l)
{
	struct ledger_state *s = l->state;
	struct hourly *hourly;
	int64_t key;

	if (!traffic_keeps_hours(l))
		return NULL;
	key = s->when.time / (3600 * CLOCK_SECOND);
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
	hourly = traffic_keeps_hours(l) ? traffic_hourly(l) : NULL;
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

static void traffic_add(struct traffic *to, const struct counter *sums)
{
	to->n[TRAFFIC_RECEIVED] += sums->received;
	to->n[TRAFFIC_DELIVERED] += sums->delivered;
	to->n[TRAFFIC_DEFERRED] += sums->deferrals;
	to->n[TRAFFIC_BOUNCED] += sums->bounced;
	to->n[TRAFFIC_REJECTED] += sums->rejected;
}

void ledger_add_hour(struct ledger *l, int64_t hour, const struct counter *sums)
{
	const int64_t begin = hour * 3600 * CLOCK_SECOND;
	struct counter copy = *sums;
	struct ledger_state *s = l->state;
	struct hourly *hourly;
	struct day *day;

	for (size_t i = 0; i < COUNTER_FIELDS; i++)
		*counter_at(&l->total, i) += *counter_at(&copy, i);
	when_local(&s->clock, begin, &s->when);
	s->when.time = begin;
	traffic_add(&l->hours[s->when.hour], sums);
	hourly = traffic_hourly(l);
	if (hourly) {
		traffic_add(&hourly->traffic, sums);
		hourly->logins += sums->logins;
		hourly->attacks += sums->attacks;
		hourly->bans += sums->bans;
	}
	day = traffic_day(l, &s->when);
	if (day) {
		traffic_add(&day->traffic, sums);
		day->filled = true;
		day->columns = TRAFFIC_COLUMNS;
	}
	if (!l->first || begin < l->first)
		l->first = begin;
	if (begin + 3600 * CLOCK_SECOND - 1 > l->last)
		l->last = begin + 3600 * CLOCK_SECOND - 1;
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
