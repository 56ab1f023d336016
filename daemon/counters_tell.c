/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the live counters answer. All that was counted is too much for one
 * answer while lines wait: hours are told some at a time.
 */
#include "daemon/counters_parts.h"

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
		for (size_t i = 0; i < COUNTER_FIELDS; i++)
			json_object_set_new(row, counter_fields[i].name,
				json_integer(told(h->n[i])));
		json_array_append_new(list, row);
	}
	return list;
}

static json_t *periods_tell(const struct counters *c)
{
	json_t *list = json_array(), *row;
	const struct period *p;

	for (size_t i = 0; (p = periods_at(c->periods, i)); i++) {
		row = json_pack("{s:I,s:I,s:b,s:I,s:I}", "id",
			(json_int_t)p->id, "end", (json_int_t)p->end, "taken",
			p->taken, "senders", (json_int_t)p->senders,
			"recipients", (json_int_t)p->recipients);
		for (size_t k = 0; k < COUNTER_FIELDS; k++)
			json_object_set_new(row, counter_fields[k].name,
				json_integer(told(p->n[k])));
		json_array_append_new(list, row);
	}
	return list;
}

json_t *counters_tell(struct counters *c)
{
	json_t *total = json_object();

	counters_settle(c);
	for (size_t i = 0; i < COUNTER_FIELDS; i++)
		json_object_set_new(total, counter_fields[i].name,
			json_integer(told(counters_total(c, i))));
	return json_pack("{s:I,s:I,s:o,s:o,s:o}", "since", (json_int_t)c->since,
		"open", (json_int_t)messages_size(c->ledger->messages), "total",
		total, "periods", periods_tell(c), "hours", hours_tell(c));
}

static json_t *row_tell(const struct counters_hour *h)
{
	json_t *row = json_array();

	json_array_append_new(row, json_integer(h->number * 3600));
	for (size_t i = 0; i < COUNTER_FIELDS; i++)
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
	for (size_t i = 0; i < COUNTER_FIELDS; i++)
		json_array_append_new(
			columns, json_string(counter_fields[i].name));
	for (; hour <= last && json_array_size(list) < HOURS_PAGE; hour++) {
		const struct counters_hour *h = hour_at(c, hour);

		if (h)
			json_array_append_new(list, row_tell(h));
	}
	return json_pack("{s:I,s:o,s:o,s:o}", "since", (json_int_t)c->since,
		"columns", columns, "hours", list, "next",
		hour <= last ? json_integer(hour * 3600) : json_null());
}
