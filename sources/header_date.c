/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The date that a log line begins with, and the moment it means where it says
 * no year or no zone. It must never ask the C library for a calendar more than
 * once in a minute of log, nor remember what is not certain.
 */
#include "sources/header_date.h"

#include <string.h>
#include <time.h>

#include "lib/byte.h"
#include "lib/clock.h"
#include "lib/line.h"
#include "lib/word.h"
#include "sources/header.h"

#define MINUTE (60 * CLOCK_SECOND)
#define QUARTER 900 /* seconds; no zone's clock is ever set in between */
#define DAY 86400

#define SYSLOG_KEY 13 /* "Nov 21 10:00:" */
#define ISO_KEY 17    /* "2026-11-21T10:00:" */

/* Where the reading stands; what is behind end does not exist. */
struct cursor {
	const char *at, *end;
};

static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May",
	"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* Two digits as a number, or -1. The caller has seen to the bounds. */
static int two_digits(const char *p)
{
	if (!byte_is_digit(p[0]) || !byte_is_digit(p[1]))
		return -1;
	return (p[0] - '0') * 10 + (p[1] - '0');
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_length(int year, int month)
{
	static const int lengths[12] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return lengths[month] + (month == 1 && is_leap(year));
}

/* Days from 1970-01-01 to that day; years 1 to 9999, month from 0. */
static int64_t day_number(int year, int month, int day)
{
	static const int before[12] = {
		0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	int64_t y = year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 - 719162 + before[month] +
	       (month > 1 && is_leap(year)) + day - 1;
}

static int64_t zone_at(int64_t utc)
{
	time_t t = (time_t)utc;
	struct tm tm;

	return localtime_r(&t, &tm) ? tm.tm_gmtoff : 0;
}

/*
 * Seconds that make local ones UTC. An hour that the clock passes twice is
 * the later of the two that is not in the future, so what is read as it is
 * written is right both times; an hour that never was is read as the zone
 * before. Only what is certain is remembered.
 */
static int64_t zone_shift(struct header_clock *c, int64_t local)
{
	int64_t quarter = local / QUARTER;
	int64_t early, late;
	bool early_fits, late_fits;

	if (c->shift_known && c->quarter == quarter)
		return c->shift;
	early = zone_at(local - DAY);
	late = zone_at(local + DAY);
	early_fits = zone_at(local - early) == early;
	late_fits = zone_at(local - late) == late;
	if (early != late && early_fits && late_fits) {
		int64_t now = clock_wall() / CLOCK_SECOND;

		c->shift_known = false;
		return local - late > now + 60 ? -early : -late;
	}
	c->quarter = quarter;
	c->shift = early_fits || !late_fits ? -early : -late;
	c->shift_known = true;
	return c->shift;
}

/*
 * The moment that a date without a year means: in this year, or the last if
 * that is more than a day ahead; for 29 February in the last that had one.
 */
static int64_t without_year(
	struct header_clock *c, int month, int day, int seconds)
{
	int64_t now = clock_wall() / CLOCK_SECOND;
	time_t ahead = (time_t)(now + DAY);
	struct tm tm;

	if (!localtime_r(&ahead, &tm))
		return 0;
	for (int year = tm.tm_year + 1900; year > tm.tm_year + 1891; year--) {
		int64_t local, utc;

		if (day > month_length(year, month))
			continue;
		local = day_number(year, month, day) * DAY + seconds;
		utc = local + zone_shift(c, local);
		if (utc <= now + DAY)
			return utc;
	}
	return 0;
}

/* ".123" or ",123456": as microseconds; 0 if there is none. */
static int64_t cut_fraction(struct cursor *in)
{
	static const int scale[7] = {0, 100000, 10000, 1000, 100, 10, 1};
	const char *p = in->at + 1, *most = in->end;
	int64_t digits = 0;

	if (most - p > 6)
		most = p + 6;
	while (p < most && byte_is_digit(*p))
		digits = digits * 10 + (*p++ - '0');
	digits *= scale[p - in->at - 1];
	if (p == in->at + 1)
		return 0;
	while (p < in->end && byte_is_digit(*p))
		p++;
	in->at = p;
	return digits;
}

/* "SS" and a fraction, as microseconds; -1 if it is none. */
static int64_t cut_seconds(struct cursor *in)
{
	int64_t us;
	int seconds;

	if (in->end - in->at < 2)
		return -1;
	seconds = two_digits(in->at);
	if (seconds < 0 || seconds > 60)
		return -1;
	in->at += 2;
	us = seconds * CLOCK_SECOND;
	if (in->at < in->end && (*in->at == '.' || *in->at == ','))
		us += cut_fraction(in);
	return us;
}

/* "Nov 21 10:00:", with the day in one column or two. */
static bool cut_syslog_minute(
	struct cursor *in, struct header_clock *c, int64_t *minute)
{
	const char *p = in->at;
	int month, day, hour, min;

	if (in->end - p < SYSLOG_KEY - 1 || p[3] != ' ')
		return false;
	for (month = 0; month < 12; month++)
		if (memcmp(p, month_names[month], 3) == 0)
			break;
	if (month == 12)
		return false;
	p += 4;
	if (*p == ' ')
		p++;
	if (!byte_is_digit(*p))
		return false;
	day = *p++ - '0';
	if (byte_is_digit(*p))
		day = day * 10 + (*p++ - '0');
	if (*p++ != ' ' || in->end - p < 6 || p[2] != ':' || p[5] != ':')
		return false;
	hour = two_digits(p);
	min = two_digits(p + 3);
	if (day < 1 || day > month_length(2000, month) || hour < 0 ||
		hour > 23 || min < 0 || min > 59)
		return false;
	p += 6;
	*minute = without_year(c, month, day, hour * 3600 + min * 60) *
		  CLOCK_SECOND;
	/* The hour that comes twice is asked for anew each time. */
	c->syslog_minute = 0;
	if (p - in->at == SYSLOG_KEY && c->shift_known) {
		memcpy(c->syslog, in->at, SYSLOG_KEY);
		c->syslog_minute = *minute;
	}
	in->at = p;
	return true;
}

static bool cut_syslog(struct cursor *in, struct header_clock *c, int64_t *time)
{
	int64_t minute, us;

	if (c->syslog_minute && in->end - in->at >= SYSLOG_KEY &&
		word_same(in->at, c->syslog, SYSLOG_KEY)) {
		minute = c->syslog_minute;
		in->at += SYSLOG_KEY;
	} else if (!cut_syslog_minute(in, c, &minute)) {
		return false;
	}
	us = cut_seconds(in);
	*time = minute + us;
	return us >= 0;
}

/* "2026-11-21T10:00:" as if it were UTC. */
static bool cut_iso_minute(
	struct cursor *in, struct header_clock *c, int64_t *minute)
{
	const char *p = in->at;
	int century, year, month, day, hour, min;

	if (in->end - p < ISO_KEY || p[4] != '-' || p[7] != '-' ||
		(p[10] != 'T' && p[10] != 't' && p[10] != ' ') ||
		p[13] != ':' || p[16] != ':')
		return false;
	century = two_digits(p);
	year = two_digits(p + 2);
	month = two_digits(p + 5) - 1;
	day = two_digits(p + 8);
	hour = two_digits(p + 11);
	min = two_digits(p + 14);
	if (century < 19 || year < 0 || month < 0 || month > 11 || day < 1 ||
		hour < 0 || hour > 23 || min < 0 || min > 59)
		return false;
	year += century * 100;
	if (day > month_length(year, month))
		return false;
	*minute = day_number(year, month, day) * DAY * CLOCK_SECOND +
		  (hour * 60 + min) * MINUTE;
	memcpy(c->iso, p, ISO_KEY);
	c->iso_minute = *minute;
	in->at += ISO_KEY;
	return true;
}

/* "Z", "+01:00", "-0500" in seconds; false if there is no zone here. */
static bool cut_zone(struct cursor *in, int64_t *zone)
{
	const char *p = in->at;
	int hours, minutes;
	bool colon;

	if (p < in->end && (*p == 'Z' || *p == 'z')) {
		*zone = 0;
		in->at++;
		return true;
	}
	if (in->end - p < 5 || (*p != '+' && *p != '-'))
		return false;
	colon = p[3] == ':';
	if (in->end - p < 5 + colon)
		return false;
	hours = two_digits(p + 1);
	minutes = two_digits(p + 3 + colon);
	if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
		return false;
	*zone = hours * 3600 + minutes * 60;
	if (*p == '-')
		*zone = -*zone;
	in->at += 5 + colon;
	return true;
}

/* The same behind a blank, and there also as a name: " +0100", " UTC". */
static bool cut_far_zone(struct cursor *in, int64_t *zone)
{
	struct cursor ahead = {in->at + 1, in->end};

	if (in->end - in->at < 4 || *in->at != ' ')
		return false;
	if (memcmp(ahead.at, "UTC", 3) == 0 ||
		memcmp(ahead.at, "GMT", 3) == 0) {
		*zone = 0;
		ahead.at += 3;
	} else if ((*ahead.at != '+' && *ahead.at != '-') ||
		   !cut_zone(&ahead, zone)) {
		return false;
	}
	if (ahead.at < in->end && !byte_is_blank(*ahead.at))
		return false;
	in->at = ahead.at;
	return true;
}

static bool cut_iso(struct cursor *in, struct header_clock *c, int64_t *time)
{
	int64_t minute, us, zone;

	if (c->iso_minute && in->end - in->at >= ISO_KEY &&
		memcmp(in->at, c->iso, ISO_KEY) == 0) {
		minute = c->iso_minute;
		in->at += ISO_KEY;
	} else if (!cut_iso_minute(in, c, &minute)) {
		return false;
	}
	us = cut_seconds(in);
	if (us < 0)
		return false;
	if (!cut_zone(in, &zone) && !cut_far_zone(in, &zone))
		zone = -zone_shift(c, minute / CLOCK_SECOND);
	*time = minute + us - zone * CLOCK_SECOND;
	return true;
}

/* "<22>", the priority that a relay may leave in front. */
static void skip_priority(struct cursor *in)
{
	const char *p = in->at;
	int digits = 0;

	if (p == in->end || *p != '<')
		return;
	for (p++; p < in->end && byte_is_digit(*p) && digits < 3; p++)
		digits++;
	if (digits && p < in->end && *p == '>')
		in->at = p + 1;
}

const char *header_date_cut(
	const char *at, const char *end, struct header_clock *c, int64_t *time)
{
	struct cursor in = {at, end};
	bool found;

	skip_priority(&in);
	if (in.at == end)
		return NULL;
	found = byte_is_digit(*in.at) ? cut_iso(&in, c, time)
				      : cut_syslog(&in, c, time);
	return found ? in.at : NULL;
}

size_t header_date_seconds(
	const struct header_clock *c, const struct line *line)
{
	struct cursor in = {line->text, line->text + line->text_len};

	if (c->syslog_minute && memcmp(line->text, c->syslog, SYSLOG_KEY) == 0)
		return SYSLOG_KEY;
	if (!c->iso_minute || memcmp(line->text, c->iso, ISO_KEY) != 0)
		return 0;
	/* Without a zone of its own the hour might be one that comes twice. */
	in.at += ISO_KEY;
	cut_seconds(&in);
	return c->shift_known || !byte_is_blank(*in.at) ? ISO_KEY : 0;
}
