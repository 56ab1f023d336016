/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a field of a list of bans says. Nothing is guessed: a number that may be
 * two things, a date that there is not, a network with host bits are no good,
 * and why is told.
 */
#include "cli/banfile_parts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jails/duration.h"

/* A number of seconds that is a time and no duration: since 2001. */
#define TIME_LEAST INT64_C(1000000000)

const char *const banfile_columns[BANFILE_COLUMNS] = {
	[BANFILE_ADDRESS] = "address",
	[BANFILE_END] = "end",
	[BANFILE_JAIL] = "jail",
	[BANFILE_START] = "start",
	[BANFILE_COUNT] = "count",
};

const char *banfile_prefix(const char *text, size_t n, struct prefix *out)
{
	const char *slash = memchr(text, '/', n);
	struct addr address;

	if (!prefix_parse(text, n, out))
		return "no address and no network (192.0.2.1, 2001:db8::/64)";
	if (slash && text + n - slash > 2 && slash[1] == '0')
		return "a network whose length begins with a zero";
	if (slash && addr_parse(text, (size_t)(slash - text), &address) &&
		!addr_equal(&address, &out->net))
		return "a network with host bits set; its own address is "
		       "meant to stand there, or the host's without a length";
	return NULL;
}

/* True if text has a digit for each 0 of the form, and is else the form. */
static bool has_form(const char *text, const char *form)
{
	for (; *text && *form; text++, form++)
		if (*form == '0' ? !isdigit((unsigned char)*text)
				 : *text != *form)
			return false;
	return *text == *form;
}

/* "2026-11-22T10:00:00Z", also with an offset. strptime(3) alone takes blanks,
 * signs and numbers of one digit. */
static bool moment_parse(const char *text, int64_t *out)
{
	struct tm tm = {0};
	const char *rest;
	int hours, minutes, day;
	int64_t offset = 0, seconds;

	if (!has_form(text, "0000-00-00T00:00:00Z") &&
		!has_form(text, "0000-00-00T00:00:00+00:00") &&
		!has_form(text, "0000-00-00T00:00:00-00:00"))
		return false;
	rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!rest)
		return false;
	day = tm.tm_mday;
	if (*rest != 'Z') {
		if (sscanf(rest + 1, "%d:%d", &hours, &minutes) != 2 ||
			hours > 23 || minutes > 59)
			return false;
		offset = (hours * 60 + minutes) * (*rest == '+' ? 60 : -60);
	}
	seconds = (int64_t)timegm(&tm) - offset;
	/* There is no 30th of February. */
	if (seconds <= 0 || tm.tm_mday != day)
		return false;
	*out = seconds;
	return true;
}

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0' &&
	       strlen(text) <= 18;
}

/* A moment, seconds since 1970, how long from now, or never. */
static bool end_parse(
	const struct banfile *list, const char *text, int64_t *out)
{
	int64_t seconds;

	if (!strcmp(text, "-") || !*text) {
		*out = BANFILE_UNSAID;
		return true;
	}
	if (!strcmp(text, "never") || !strcmp(text, "-1")) {
		*out = BANFILE_FOREVER;
		return true;
	}
	if (is_number(text) && strtoll(text, NULL, 10) >= TIME_LEAST) {
		*out = strtoll(text, NULL, 10);
		return true;
	}
	if (moment_parse(text, out))
		return true;
	if (!duration_parse(text, &seconds) || seconds <= 0)
		return false;
	*out = list->now + seconds;
	return true;
}

const char *banfile_take(const struct banfile *list, struct banfile_row *row,
	enum banfile_column column, const char *text)
{
	switch (column) {
	case BANFILE_ADDRESS:
		return banfile_prefix(text, strlen(text), &row->who);
	case BANFILE_END:
		return end_parse(list, text, &row->end)
			       ? NULL
			       : "no time (2026-11-22T10:00:00Z), no duration "
				 "(10m), nor never";
	case BANFILE_JAIL:
		if (!*text || !strcmp(text, "-"))
			return NULL;
		if (!layout_name_valid(text))
			return "no name of a jail";
		strcpy(row->jail, text);
		return NULL;
	case BANFILE_START:
		if (!*text || !strcmp(text, "-") ||
			moment_parse(text, &row->start))
			return NULL;
		if (!is_number(text))
			return "no time (2026-11-22T10:00:00Z)";
		row->start = strtoll(text, NULL, 10);
		return NULL;
	case BANFILE_COUNT:
		if (!*text || !strcmp(text, "-"))
			return NULL;
		if (!is_number(text) || strlen(text) > 9)
			return "no count of bans";
		row->count = (uint32_t)strtoul(text, NULL, 10);
		return NULL;
	case BANFILE_NONE:
		return *text ? "behind the last column; they are address, "
			       "end, jail, start and count, or those that "
			       "the first line names"
			     : NULL;
	case BANFILE_OTHER:
		break;
	}
	return NULL;
}
