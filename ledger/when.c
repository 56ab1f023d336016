/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Days and hours of lines. Asks the C library for a calendar once for each
 * quarter of an hour of log: no zone's clock is ever set in between.
 */
#include "ledger/when.h"

#include <stdbool.h>
#include <time.h>

#include "lib/clock.h"

#define QUARTER (900 * CLOCK_SECOND)

void when_local(struct when_clock *clock, int64_t time, struct when *when)
{
	struct tm tm;

	if (time < clock->begin || time >= clock->end) {
		time_t begin;

		clock->begin = time - time % QUARTER;
		clock->end = clock->begin + QUARTER;
		begin = (time_t)(clock->begin / CLOCK_SECOND);
		if (!localtime_r(&begin, &tm))
			tm = (struct tm){.tm_mday = 1, .tm_year = 70};
		*when = (struct when){.year = tm.tm_year + 1900,
			.month = tm.tm_mon,
			.day = tm.tm_mday,
			.hour = tm.tm_hour};
	}
	when->time = time;
}

static int64_t days_before(int64_t year, int month, int day)
{
	static const int before[12] = {
		0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	int64_t y = year - 1;

	if (month < 0 || month > 11)
		month = 0;
	return y * 365 + y / 4 - y / 100 + y / 400 + before[month] +
	       (month > 1 && leap) + day;
}

int64_t when_seconds(const struct when *from, const struct when *to)
{
	int64_t days = days_before(to->year, to->month, to->day) -
		       days_before(from->year, from->month, from->day);

	return days * 86400 + (to->hour - from->hour) * 3600 +
	       (to->minute - from->minute) * 60 + (to->second - from->second);
}

int64_t when_day(const struct when *when)
{
	return when->year * INT64_C(10000) + when->month * 100 + when->day;
}
