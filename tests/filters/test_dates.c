/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dates as logs write them: which text is cut out, and which moment it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "filters/dates.h"
#include "lib/clock.h"

/* 2026-11-21 10:00:00 UTC, the now of these tests. */
#define NOW INT64_C(1795255200)

/* What stays of a line when its date is cut out, and the date's moment. */
static void found(struct dates *dates, const char *text, const char *rest,
	int64_t seconds, int64_t us)
{
	char kept[200];
	struct date_found f;

	assert_true(dates_find(dates, text, strlen(text), true, &f));
	memcpy(kept, text, f.cut_start);
	strcpy(kept + f.cut_start, text + f.cut_end);
	assert_string_equal(kept, rest);
	assert_int_equal(f.time, seconds * CLOCK_SECOND + us);
}

static struct dates *dates_for(const char *pattern)
{
	char why[256] = "";
	struct dates *dates = dates_new(pattern, why, sizeof(why));

	if (!dates)
		print_error("%s: %s\n", pattern, why);
	assert_non_null(dates);
	return dates;
}

static void the_default_list(void **state)
{
	static const struct {
		const char *text, *rest;
		int64_t seconds, us;
	} rows[] = {
		{"2026-11-21T09:59:59.25Z x", " x", NOW - 1, 250000},
		{"2026/11/21 09:59:59 x", " x", NOW - 1, 0},
		{"Sat Nov 21 09:59:59.5 2026 x", " x", NOW - 1, 500000},
		{"Nov 21 09:59:59 x", " x", NOW - 1, 0},
		/* more than a day ahead: last year */
		{"Nov 23 10:00:00 x", " x", NOW + 2 * 86400 - 365 * 86400, 0},
		{"21/11/2026 09:59:59 x", " x", NOW - 1, 0},
		{"21/11/26 09:59:59 x", " x", NOW - 1, 0},
		{"192.0.2.1 - - [21/Nov/2026:10:59:59 +0100] x",
			"192.0.2.1 - - [] x", NOW - 1, 0},
		{"21-Nov-2026 09:59:59.252 x", " x", NOW - 1, 252000},
		{"11/21/2026:09:59:59 x", " x", NOW - 1, 0},
		{"1795255199 x", " x", NOW - 1, 0},
		{"[1795255199.123] x", "[] x", NOW - 1, 123000},
		{"audit(1795255199.123:45): x", "audit(:45): x", NOW - 1,
			123000},
		{"09:59:59 x", " x", NOW - 1, 0},
		/* later than now: it was yesterday */
		{"10:00:01 x", " x", NOW + 1 - 86400, 0},
		{"<11/21/26@09:59:59> x", " x", NOW - 1, 0},
		{"261121  9:59:59 x", " x", NOW - 1, 0},
		{"Nov 21, 2026 09:59:59 AM x", " x", NOW - 1, 0},
		{"Nov-21-26 09:59:59 x", " x", NOW - 1, 0},
		{"20261121T095959 x", " x", NOW - 1, 0},
		{"@400000006a006c1f00000000 x", " x", 0x6a006c1f, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct dates *dates = dates_for(NULL);

		found(dates, rows[i].text, rows[i].rest, rows[i].seconds,
			rows[i].us);
		dates_free(&dates);
	}
}

static void patterns(void **state)
{
	static const struct {
		const char *pattern, *text, *rest;
		int64_t seconds;
	} rows[] = {
		{"^%Y:%m:%d-%H:%M:%S", "2026:11:21-09:59:59 x", " x", NOW - 1},
		/* only the group is cut out */
		{"^[^\\[]*\\[({DATE})", "x [21/Nov/2026:09:59:59 +0000] y",
			"x [] y", NOW - 1},
		{"^<co ts=\"{DATE}\"\\s+", "<co ts=\"2026-11-21 09:59:59\" y",
			"y", NOW - 1},
		{"{^LN-BEG}%d.%m.%y %I:%M %p", "21.11.26 09:00 PM x", " x",
			NOW + 11 * 3600},
		{"{^LN-BEG}%d.%m.%y %I:%M %p", "21.11.26 12:00 am x", " x",
			NOW - 10 * 3600},
		{"{^LN-BEG}%d.%m.%y %I:%M %p", "21.11.26 12:00 pm x", " x",
			NOW + 2 * 3600},
		{"{^LN-BEG}EPOCH", "[1795255199] x", "[] x", NOW - 1},
		{"^t={LEPOCH} ", "t=1795255199123 x", "x", NOW - 1},
		{"%Y %j %H:%M", "2026 325 10:00 x", " x", NOW},
		{"%Y %U %a %H:%M", "2026 46 Sat 10:00 x", " x", NOW},
		{"%Y-%W %A %H:%M", "2026-46 sunday 10:00 x", " x", NOW + 86400},
		{"%Y %U %w %H:%M", "2026 47 0 10:00 x", " x", NOW + 86400},
		{"%Y %W %w %H:%M", "2027 00 0 10:00 x", " x", NOW + 43 * 86400},
		{"%Y %W %a %H:%M", "2027 0 Mon 10:00 x", " x",
			NOW + 37 * 86400},
		{"%W %a %H:%M", "46 Sun 11:00 x", " x",
			NOW - 364 * 86400 + 3600},
		{"%c", "Sat Nov 21 09:59:59 2026 x", " x", NOW - 1},
		{"%x %X", "11/21/26 9:59:59 x", " x", NOW - 1},
		{"%G-%V-%u %Y-%m-%d %X", "2026-47-6 2026-11-21 9:59:59 x", " x",
			NOW - 1},
		{"**%H:%M:%S**", "at09:59:59z", "atz", NOW - 1},
		{"%b %d %H:%M:%S %ExZ", "nov 21 10:59:59 CET x", " x", NOW - 1},
		{"^%%%Y-%m-%d", "%2026-11-21 x", " x", NOW - 36000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct dates *dates = dates_for(rows[i].pattern);
		struct date_found f;

		if (strstr(rows[i].pattern, "LEPOCH")) {
			assert_true(dates_find(dates, rows[i].text,
				strlen(rows[i].text), true, &f));
			assert_int_equal(f.time / CLOCK_SECOND, NOW - 1);
			assert_int_equal(f.time % CLOCK_SECOND, 123000);
		} else {
			found(dates, rows[i].text, rows[i].rest,
				rows[i].seconds, 0);
		}
		dates_free(&dates);
	}
}

/* A date that a client sent, further on in the line, is not the line's. */
static void where_it_stood_before(void **state)
{
	struct dates *dates = dates_for(NULL);

	(void)state;
	for (int i = 0; i < 3; i++)
		found(dates, "[21/Nov/2026:09:59:59 +0000] GET /", "[] GET /",
			NOW - 1, 0);
	found(dates, "[21/Nov/2026:09:59:58 +0000] GET /?2020-01-01 00:00:00",
		"[] GET /?2020-01-01 00:00:00", NOW - 2, 0);
	dates_free(&dates);
}

static void no_dates(void **state)
{
	static const char *const none[] = {
		"", "x", "-", "99:99:99", "2026-13-45T99:00:00 x"};
	struct dates *dates = dates_for(NULL);
	struct date_found f;
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		assert_false(
			dates_find(dates, none[i], strlen(none[i]), true, &f));
	/* Of the right form, but no day. */
	assert_true(dates_find(dates, "2026-02-30 10:00:00", 19, true, &f));
	assert_int_equal(f.time, 0);
	dates_free(&dates);
	assert_null(dates_new("%Y-%Q", why, sizeof(why)));
	assert_non_null(strstr(why, "%Q"));
	assert_null(dates_new("^(%Y", why, sizeof(why)));
}

/* Each month ends where it does, in each kind of year. */
static void the_last_of_each_month(void **state)
{
	static const int last[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	static const int years[] = {2023, 2024, 2000, 2100, 1900};
	struct dates *dates = dates_for("^%Y-%m-%d$");
	struct date_found f;

	(void)state;
	for (int i = 0; i < 12 * 5; i++) {
		int year = years[i / 12], month = i % 12;
		bool leap = year == 2024 || year == 2000;

		for (int more = 0; more < 2; more++) {
			int day = last[month] + (month == 1 && leap) + more;
			struct tm tm = {.tm_year = year - 1900,
				.tm_mon = month,
				.tm_mday = day};
			char text[40];

			snprintf(text, sizeof(text), "%d-%02d-%02d", year,
				month + 1, day);
			/* Behind the last of some no pattern goes. */
			if (!dates_find(dates, text, strlen(text), true, &f)) {
				assert_int_equal(more, 1);
				continue;
			}
			assert_true(f.time ==
				    (more ? 0 : timegm(&tm) * CLOCK_SECOND));
		}
	}
	dates_free(&dates);
}

/* What backtracks too much is given up and counted. */
static void limits(void **state)
{
	struct dates *dates = dates_for("^(?:a+a+)+%Y-%m-%d");
	struct date_found f;
	char text[101];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + sizeof(text) - 8, "x2026-1-", 8);
	assert_false(dates_find(dates, text, sizeof(text), true, &f));
	assert_int_equal(dates_limits(dates), 1);
	assert_int_equal(dates_limits(dates), 0);
	dates_free(&dates);
}

static int hold(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	clock_hold(NOW * CLOCK_SECOND, 0);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_list),
		cmocka_unit_test(patterns),
		cmocka_unit_test(where_it_stood_before),
		cmocka_unit_test(no_dates),
		cmocka_unit_test(the_last_of_each_month),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, hold, NULL);
}
