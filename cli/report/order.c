/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The orders of a report's rows. Where pflogsumm leaves the order to chance,
 * since rows are equal in what it sorts by, the names decide.
 */
#include "cli/report/report.h"

#include "ledger/host.h"

int report_by_name(const struct tally *t, uint32_t a, uint32_t b)
{
	struct span x = tally_name(t, a), y = tally_name(t, b);
	int order = memcmp(x.at, y.at, x.n < y.n ? x.n : y.n);

	return order ? order : (x.n > y.n) - (x.n < y.n);
}

static int descending(uint64_t x, uint64_t y)
{
	return (x < y) - (x > y);
}

/* The most messages first, then the most bytes or seconds. */
int report_by_count(const struct tally *t, uint32_t a, uint32_t b)
{
	const struct party *x = tally_value(t, a), *y = tally_value(t, b);
	int order = descending(x->count, y->count);

	if (!order) /* seconds may be below zero */
		order = ((int64_t)x->size < (int64_t)y->size) -
			((int64_t)x->size > (int64_t)y->size);
	return order ? order : report_by_name(t, a, b);
}

static int by_host(const struct tally *t, uint32_t a, uint32_t b)
{
	int order = host_compare(tally_name(t, a), tally_name(t, b));

	return order ? order : report_by_name(t, a, b);
}

int report_by_user_count(const struct tally *t, uint32_t a, uint32_t b)
{
	const struct party *x = tally_value(t, a), *y = tally_value(t, b);
	int order = descending(x->count, y->count);

	return order ? order : by_host(t, a, b);
}

int report_by_user_size(const struct tally *t, uint32_t a, uint32_t b)
{
	const struct party *x = tally_value(t, a), *y = tally_value(t, b);
	int order = descending(x->size, y->size);

	return order ? order : by_host(t, a, b);
}

/* A month before January, of a date with month 00, stands first. */
static int64_t day_number(const struct day *day)
{
	return day->month < 0 ? day->year
			      : day->year * INT64_C(10000) + day->month * 100 +
					day->day;
}

int report_by_day(const struct tally *t, uint32_t a, uint32_t b)
{
	int64_t x = day_number(tally_value(t, a));
	int64_t y = day_number(tally_value(t, b));

	return x != y ? (x < y ? -1 : 1) : (a > b) - (a < b);
}

int report_by_hourly(const struct tally *t, uint32_t a, uint32_t b)
{
	const struct hourly *x = tally_value(t, a), *y = tally_value(t, b);

	return (x->hour > y->hour) - (x->hour < y->hour);
}
