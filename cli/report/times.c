/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Times as people give them to --since and --until, in the local zone.
 */
#include "cli/report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"

/* The year 9999 ends before. */
#define SECONDS_MOST INT64_C(253402300800)

/* Seconds since 1970, as "@1795255200" has them. */
static bool seconds_parse(const char *text, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	return end != text && !*end && !errno && *out >= 0 &&
	       *out < SECONDS_MOST && *text != ' ';
}

/* "2026-11-21", with " 10:00" or " 10:00:30" behind it, local. */
static bool moment_parse(const char *text, int64_t *out)
{
	static const char *const forms[] = {"%Y-%m-%d %H:%M:%S",
		"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
		"%Y-%m-%d"};
	const char *end;

	if (*text == '@') {
		if (!seconds_parse(text + 1, out))
			return false;
		*out *= CLOCK_SECOND;
		return true;
	}
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		struct tm tm = {.tm_isdst = -1};

		end = strptime(text, forms[i], &tm);
		if (end && !*end) {
			*out = (int64_t)mktime(&tm) * CLOCK_SECOND;
			return true;
		}
	}
	return false;
}

int64_t report_midnight(int days_ago, struct tm *tm)
{
	time_t now = (time_t)(clock_wall() / CLOCK_SECOND);

	localtime_r(&now, tm);
	tm->tm_mday -= days_ago;
	tm->tm_hour = tm->tm_min = tm->tm_sec = 0;
	tm->tm_isdst = -1;
	return (int64_t)mktime(tm) * CLOCK_SECOND;
}

bool report_time(const char *text, int64_t *out)
{
	struct tm tm;
	char *end;
	double v;

	if (strcmp(text, "today") == 0) {
		*out = report_midnight(0, &tm);
	} else if (strcmp(text, "yesterday") == 0) {
		*out = report_midnight(1, &tm);
	} else if (strcmp(text, "now") == 0) {
		*out = clock_wall();
	} else if (!moment_parse(text, out)) {
		static const struct {
			char unit;
			double seconds;
		} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400},
			{'w', 7 * 86400}};

		v = strtod(text, &end);
		if (end == text || !*end || end[1] || v < 0 || v > 1e6)
			return false;
		for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
			if (*end == units[i].unit) {
				*out = clock_wall() -
				       (int64_t)(v * units[i].seconds * 1e6);
				return true;
			}
		return false;
	}
	return true;
}
