/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dates in any text, by the default list and by patterns: what is found lies
 * in the text, is found again, and means what strptime(3) makes of it and what
 * the header's cut says of the same line.
 */
#include <string.h>
#include <time.h>

#include "filters/dates.h"
#include "filters/filter.h"
#include "lib/line.h"
#include "sources/header.h"
#include "tests/fuzz/fuzz.h"

static const char *const patterns[] = {NULL, "{^LN-BEG}", "{DEFAULT}",
	"%Y-%m-%d %H:%M:%S", "^%b %d %H:%M:%S", "{^LN-BEG}EPOCH", "TAI64N",
	"^\\[%d/%b/%Y:%H:%M:%S %z\\]"};
#define PATTERNS (sizeof(patterns) / sizeof(*patterns))

static struct dates *dates[PATTERNS];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char why[256];

	(void)argc;
	(void)argv;
	fuzz_hold("UTC");
	for (size_t i = 0; i < PATTERNS; i++) {
		dates[i] = dates_new(patterns[i], why, sizeof(why));
		must(dates[i]);
	}
	return 0;
}

static void check(const struct date_found *f, size_t n)
{
	must(f->start <= f->end && f->end <= n);
	must(f->start <= f->cut_start && f->cut_start <= f->cut_end);
	must(f->cut_end <= f->end);
}

/* What is "2026-11-21 10:00:00" to the letter means what libc says. */
static void compare_strptime(
	const struct date_found *f, const char *text, size_t n)
{
	char copy[20];
	struct tm tm = {0};
	const char *end;

	if (f->cut_end - f->cut_start != 19 || n < 19)
		return;
	memcpy(copy, text + f->cut_start, 19);
	copy[19] = '\0';
	end = strptime(copy, "%Y-%m-%d %H:%M:%S", &tm);
	/* libc takes a 61st second, days that no month has and any year. */
	if (!end || *end || tm.tm_year < 70 || tm.tm_sec > 59 ||
		tm.tm_mday > 28 || strspn(copy, "0123456789-: ") != 19)
		return;
	must(f->time == (int64_t)timegm(&tm) * CLOCK_SECOND);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct line whole = {.body = (const char *)data, .body_len = n};
	struct header_clock clock = {0};
	struct filter_subject s;
	struct line line;

	filter_subject(&whole, &s);
	for (size_t i = 0; i < PATTERNS; i++) {
		struct date_found one = {0}, two = {0};
		bool found = dates_find(dates[i], s.text, s.n, s.ascii, &one);

		must(found == dates_find(dates[i], s.text, s.n, s.ascii, &two));
		if (!found)
			continue;
		check(&one, s.n);
		must(one.time == two.time && one.start == two.start);
		if (i == 3)
			compare_strptime(&one, s.text, s.n);
		/* A date without a year that is ahead by a day is of this year
		 * or the last, which the header's cut says to the minute. */
		header_cut((const char *)data, n, &clock, &line);
		if (i == 1 && one.time && line.time && one.start == 0 &&
			one.time <= FUZZ_NOW && line.time <= FUZZ_NOW &&
			one.cut_end == (size_t)(line.body - line.text))
			must(one.time == line.time);
	}
	return 0;
}
