/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the parts of a date to a moment. It runs only for lines that the
 * header's fast cut could not date, and takes whatever a template let through:
 * a part that makes no sense is refused, never guessed.
 */
#include "filters/datefields.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/clock.h"

#define DAY 86400

/* Names of zones that logs have, in quarters of an hour east of UTC. */
static const struct {
	const char *name;
	int quarters;
} zones[] = {
	{"Z", 0},
	{"UTC", 0},
	{"GMT", 0},
	{"WET", 0},
	{"CET", 4},
	{"BST", 4},
	{"WEST", 4},
	{"CEST", 8},
	{"EET", 8},
	{"SAST", 8},
	{"EEST", 12},
	{"MSK", 12},
	{"GST", 16},
	{"PKT", 20},
	{"IST", 22},
	{"WIB", 28},
	{"ICT", 28},
	{"SGT", 32},
	{"HKT", 32},
	{"AWST", 32},
	{"JST", 36},
	{"KST", 36},
	{"ACST", 38},
	{"AEST", 40},
	{"ACDT", 42},
	{"AEDT", 44},
	{"NZST", 48},
	{"NZDT", 52},
	{"BRT", -12},
	{"ART", -12},
	{"ADT", -12},
	{"NST", -14},
	{"NDT", -10},
	{"AST", -16},
	{"EDT", -16},
	{"EST", -20},
	{"CDT", -20},
	{"CST", -24},
	{"MDT", -24},
	{"MST", -28},
	{"PDT", -28},
	{"PST", -32},
	{"AKDT", -32},
	{"AKST", -36},
	{"HST", -40},
};

void datefields_init(struct datefields *f)
{
	*f = (struct datefields){
		.year = -1,
		.month = -1,
		.day = -1,
		.yearday = -1,
		.week = -1,
		.weekday = -1,
	};
}

/* Digits, blanks before them allowed, as a number; -1 if it is none. */
static int number(const char *text, size_t n)
{
	int value = 0;
	size_t i = 0;

	while (i < n && text[i] == ' ')
		i++;
	if (i == n || n - i > 9)
		return -1;
	for (; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

static int month_number(const char *text, size_t n)
{
	static const char names[12][4] = {"jan", "feb", "mar", "apr", "may",
		"jun", "jul", "aug", "sep", "oct", "nov", "dec"};

	for (int i = 0; n >= 3 && i < 12; i++)
		if (strncasecmp(text, names[i], 3) == 0)
			return i + 1;
	return -1;
}

static int weekday_number(const char *text, size_t n)
{
	static const char names[7][4] = {
		"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

	for (int i = 0; n >= 3 && i < 7; i++)
		if (strncasecmp(text, names[i], 3) == 0)
			return i;
	return -1;
}

/* ".5" is half a second. */
static int64_t fraction(const char *text, size_t n)
{
	int64_t value = 0;

	for (size_t i = 0; i < 6; i++)
		value = value * 10 + (i < n && text[i] >= '0' && text[i] <= '9'
						     ? text[i] - '0'
						     : 0);
	return value;
}

/* "+0100", "-05:30", "+01", "CET", "UTC+0100". */
static bool put_zone(struct datefields *f, const char *text, size_t n)
{
	size_t name = 0, sign;
	int hours, minutes = 0;

	while (name < n && text[name] != '+' && text[name] != '-')
		name++;
	f->zone = 0;
	if (name > 0) {
		size_t i = 0, most = sizeof(zones) / sizeof(*zones);

		while (i < most &&
			(strlen(zones[i].name) != name ||
				strncasecmp(zones[i].name, text, name) != 0))
			i++;
		/* One that nobody knows: as if there were none. */
		if (i == most)
			return true;
		f->zone = zones[i].quarters * 900;
	}
	f->zoned = true;
	if (name == n)
		return true;
	sign = name++;
	if (n - name < 2)
		return false;
	hours = number(text + name, 2);
	name += 2;
	if (name < n && text[name] == ':')
		name++;
	if (name < n)
		minutes = number(text + name, n - name);
	if (hours < 0 || minutes < 0)
		return false;
	f->zone += (text[sign] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return true;
}

bool datefields_put(
	struct datefields *f, char letter, const char *text, size_t n)
{
	switch (letter) {
	case 'Y':
		return (f->year = number(text, n)) >= 0;
	case 'y':
		f->year = number(text, n) + 2000;
		return f->year >= 2000;
	case 'm':
		return (f->month = number(text, n)) >= 1;
	case 'b':
	case 'B':
		return (f->month = month_number(text, n)) >= 1;
	case 'd':
		return (f->day = number(text, n)) >= 1;
	case 'j':
		return (f->yearday = number(text, n)) >= 1;
	case 'H':
		return (f->hour = number(text, n)) >= 0;
	case 'I':
		f->twelve = true;
		return (f->hour = number(text, n)) >= 0;
	case 'p':
		f->pm = n > 0 && (text[0] == 'p' || text[0] == 'P');
		return true;
	case 'M':
		return (f->minute = number(text, n)) >= 0;
	case 'S':
		return (f->second = number(text, n)) >= 0;
	case 'f':
		f->fraction = fraction(text, n);
		return true;
	case 'z':
	case 'Z':
		return put_zone(f, text, n);
	case 'a':
	case 'A':
		f->weekday = weekday_number(text, n);
		return true;
	case 'w':
		f->weekday = (number(text, n) + 6) % 7;
		return true;
	case 'U':
	case 'W':
		f->sundays = letter == 'U';
		return (f->week = number(text, n)) >= 0;
	}
	return true;
}

static int64_t seconds_of(const struct datefields *f, const struct tm *day)
{
	struct tm tm = *day;

	tm.tm_hour = f->hour;
	tm.tm_min = f->minute;
	tm.tm_sec = f->second;
	if (f->twelve)
		tm.tm_hour = f->hour % 12 + (f->pm ? 12 : 0);
	if (f->zoned) {
		tm.tm_isdst = 0;
		return (int64_t)timegm(&tm) - f->zone;
	}
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm);
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool is_day(int year, int month, int day)
{
	static const int lengths[12] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return year >= 1900 && month >= 1 && month <= 12 && day >= 1 &&
	       day <= lengths[month - 1] + (month == 2 && is_leap(year));
}

/* Monday is 0. */
static int first_weekday(int year)
{
	struct tm first = {.tm_year = year - 1900, .tm_mday = 1};

	timegm(&first);
	return (first.tm_wday + 6) % 7;
}

/*
 * The day of a year, from 1, by its week and weekday; less than 1 for days of
 * its week 0 that are the last year's. Source: strftime(3), %U and %W.
 */
static int day_of_week(const struct datefields *f, int year)
{
	int first = (first_weekday(year) + f->sundays) % 7;
	int weekday = (f->weekday + f->sundays) % 7;

	if (f->week == 0)
		return 1 + weekday - first;
	return 1 + (7 - first) % 7 + 7 * (f->week - 1) + weekday;
}

/* Put the month and the day there; false if there is none such. */
static bool find_day(const struct datefields *f, struct tm *day)
{
	bool told = f->month >= 0 && f->day >= 0;
	bool by_week = f->yearday < 0 && f->week >= 0 && f->weekday >= 0;

	if (told || (f->yearday < 0 && !by_week)) {
		day->tm_mon = (f->month < 0 ? 1 : f->month) - 1;
		day->tm_mday = f->day < 0 ? 1 : f->day;
		return true;
	}
	*day = (struct tm){
		.tm_year = day->tm_year,
		.tm_mday = by_week ? day_of_week(f, day->tm_year + 1900)
				   : f->yearday,
	};
	timegm(day);
	return day->tm_year >= 0;
}

int64_t datefields_time(const struct datefields *f)
{
	int64_t now = clock_wall() / CLOCK_SECOND, t;
	time_t clock = (time_t)now;
	bool today = f->month < 0 && f->day < 0 && f->yearday < 0 &&
		     (f->week < 0 || f->weekday < 0);
	bool this_year = f->year < 0;
	struct tm day;

	if (f->hour > 24 || f->minute > 59 || f->second > 61)
		return 0;
	if (!localtime_r(&clock, &day))
		return 0;
	if (!this_year)
		day.tm_year = f->year - 1900;
	if (!today) {
		if (!find_day(f, &day))
			return 0;
		/* 29 February without a year is of a year that has it. */
		for (int i = 0; this_year && i < 8 && f->month == 2 &&
				f->day == 29 && !is_leap(day.tm_year + 1900);
			i++)
			day.tm_year--;
		if (!is_day(day.tm_year + 1900, day.tm_mon + 1, day.tm_mday))
			return 0;
	}
	t = seconds_of(f, &day);
	if (today && t > now)
		t -= DAY;
	if (this_year && !today && t > now + DAY) {
		day.tm_year--;
		t = seconds_of(f, &day);
	}
	return t * CLOCK_SECOND + f->fraction;
}
