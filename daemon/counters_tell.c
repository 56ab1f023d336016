/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the live counters answer. All that was counted is too much for one
 * answer while lines wait: hours are told some at a time.
 */
#include "daemon/counters_parts.h"

#include "ledger/tally.h"

/* Hours of the short answer, and of a page of the long one. */
#define HOURS_TOLD 24
#define HOURS_PAGE 168

/* A receipt that is taken back may be of the hour before. */
static json_int_t told(uint64_t n)
{
	return (int64_t)n < 0 ? 0 : (json_int_t)n;
}

static const struct counters_hour *hour_at(
	const struct counters *c, int64_t number)
{
	const struct counters_hour *h = &c->hours[number % COUNTERS_HOURS];

	return number > 0 && h->number == number ? h : NULL;
}

static json_t *hours_tell(const struct counters *c)
{
	int64_t last = clock_wall() / COUNTERS_HOUR;
	json_t *list = json_array(), *row;

	for (int64_t hour = last - HOURS_TOLD + 1; hour <= last; hour++) {
		const struct counters_hour *h = hour_at(c, hour);

		if (!h)
			continue;
		row = json_pack("{s:I}", "hour", (json_int_t)hour * 3600);
		for (size_t i = 0; i < COUNTERS_COLUMNS; i++)
			json_object_set_new(row, counters_columns[i].name,
				json_integer(told(h->n[i])));
		json_array_append_new(list, row);
	}
	return list;
}

json_t *counters_tell(struct counters *c)
{
	json_t *total = json_object(), *period = json_object();

	counters_settle(c);
	for (size_t i = 0; i < COUNTERS_COLUMNS; i++) {
		uint64_t n = counters_total(c, i);

		json_object_set_new(
			total, counters_columns[i].name, json_integer(told(n)));
		json_object_set_new(period, counters_columns[i].name,
			json_integer(told(n - c->marked[i])));
	}
	json_object_set_new(
		period, "senders", json_integer(tally_size(c->senders)));
	json_object_set_new(
		period, "recipients", json_integer(tally_size(c->recipients)));
	return json_pack("{s:I,s:o,s:o,s:o}", "since", (json_int_t)c->since,
		"total", total, "period", period, "hours", hours_tell(c));
}

static json_t *row_tell(const struct counters_hour *h)
{
	json_t *row = json_array();

	json_array_append_new(row, json_integer(h->number * 3600));
	for (size_t i = 0; i < COUNTERS_COLUMNS; i++)
		json_array_append_new(row, json_integer(told(h->n[i])));
	return row;
}

json_t *counters_history(struct counters *c, int64_t since)
{
	int64_t last = clock_wall() / COUNTERS_HOUR, hour = since / 3600;
	json_t *columns = json_array(), *list = json_array();

	counters_settle(c);
	if (hour <= last - COUNTERS_HOURS)
		hour = last - COUNTERS_HOURS + 1;
	for (size_t i = 0; i < COUNTERS_COLUMNS; i++)
		json_array_append_new(
			columns, json_string(counters_columns[i].name));
	for (; hour <= last && json_array_size(list) < HOURS_PAGE; hour++) {
		const struct counters_hour *h = hour_at(c, hour);

		if (h)
			json_array_append_new(list, row_tell(h));
	}
	return json_pack("{s:I,s:o,s:o,s:o}", "since", (json_int_t)c->since,
		"columns", columns, "hours", list, "next",
		hour <= last ? json_integer(hour * 3600) : json_null());
}
