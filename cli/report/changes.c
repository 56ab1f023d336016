/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What changed: the day that is told beside the one before it and a mean day of
 * the week before, in sentences. A day that was not counted to its end is not
 * compared with.
 */
#include "cli/report/changes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/client.h"
#include "cli/report/live.h"
#include "cli/text.h"
#include "lib/clock.h"

#define WEEK 7

static const struct {
	const char *label;
	size_t at;
} told[] = {
	{"Messages in", offsetof(struct counter, received)},
	{"Messages out", offsetof(struct counter, delivered)},
	{"Refused", offsetof(struct counter, rejected)},
	{"Put off", offsetof(struct counter, deferrals)},
	{"Returned", offsetof(struct counter, bounced)},
	{"Failed logins", offsetof(struct counter, attacks)},
	{"Bans", offsetof(struct counter, bans)},
};

#define TOLD (sizeof(told) / sizeof(*told))

/* Sums of the day, and of the days before it that were counted. */
struct days {
	struct counter day, before, week;
	int in_week;
	bool has_before;
};

/* Midnight so many days before that of a local day, seconds. */
static int64_t midnight_before(int64_t midnight, int days)
{
	/* A day that begins with summer time begins an hour off. */
	time_t noon = (time_t)midnight + 43200;
	struct tm tm;

	localtime_r(&noon, &tm);
	tm.tm_mday -= days;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm);
}

static void days_sum(
	struct days *d, const struct history *h, int64_t begin, int64_t end)
{
	*d = (struct days){.day = history_sum(h, begin, end)};
	for (int i = 1; i <= WEEK; i++) {
		int64_t from = midnight_before(begin, i);
		struct counter sum =
			history_sum(h, from, midnight_before(begin, i - 1));

		if (from < h->since)
			break;
		if (i == 1)
			d->before = sum;
		d->has_before = true;
		d->in_week++;
		for (size_t k = 0; k < COUNTER_FIELDS; k++)
			*counter_at(&d->week, k) += *counter_at(&sum, k);
	}
}

static uint64_t value_of(const struct counter *sums, size_t i)
{
	return *(const uint64_t *)(const void *)((const char *)sums +
						 told[i].at);
}

/* "12 % more than " or its like. */
static void compare(FILE *to, double now, double before, const char *what)
{
	double percent = before > 0 ? (now - before) / before * 100 : 0;

	if (before <= 0 && now <= 0)
		fprintf(to, ", none %s either", what);
	else if (before <= 0)
		fprintf(to, ", none %s", what);
	else if (fabs(percent) < 0.5)
		fprintf(to, ", as %s (%.0f)", what, before);
	else
		fprintf(to, ", %.0f %% %s than %s (%.0f)", fabs(percent),
			percent > 0 ? "more" : "fewer", what, before);
}

static void sentence(FILE *to, const struct days *d, size_t i)
{
	double now = (double)value_of(&d->day, i);

	fprintf(to, "%s: %.0f", told[i].label, now);
	if (d->has_before)
		compare(to, now, (double)value_of(&d->before, i),
			"on the day before");
	if (d->in_week == WEEK)
		compare(to, now, (double)value_of(&d->week, i) / WEEK,
			"on a mean day of the week before");
}

static void attackers(
	FILE *to, const json_t *all, const char *kind, const char *label)
{
	const json_t *of = json_object_get(all, kind);
	const json_t *first = json_array_get(json_object_get(of, "rows"), 0);
	const char *name = json_string_value(json_object_get(first, "name"));
	json_int_t n = json_integer_value(json_array_get(
		json_array_get(json_object_get(of, "days"), 0), 0));
	json_int_t fresh = client_number(of, "new");
	char *shown;

	fprintf(to, "%s: %jd", label, (intmax_t)n);
	if (!n || !name)
		return;
	shown = text_escape(name);
	fprintf(to,
		", %jd of them new (not seen on the seven days before); the "
		"most from %s: %jd",
		(intmax_t)fresh, shown,
		(intmax_t)client_number(first, "failures"));
	free(shown);
}

/* Takes what was written to *text. */
static void line_end(char **lines, size_t *n, FILE *to, char **text)
{
	if (fclose(to))
		abort();
	lines[(*n)++] = *text;
	*text = NULL;
}

char **changes_make(
	const struct report_live *live, const struct report_options *o)
{
	char **lines = calloc(TOLD + 4, sizeof(*lines)), *text = NULL;
	size_t n = 0, size;
	struct days d;
	FILE *to;

	if (!lines)
		abort();
	days_sum(&d, &live->history, o->ledger.since / CLOCK_SECOND,
		o->ledger.until / CLOCK_SECOND);
	for (size_t i = 0; i < TOLD + 3; i++) {
		if ((i >= TOLD && i < TOLD + 2 && !live->attackers) ||
			(i == TOLD + 2 && d.has_before))
			continue;
		to = open_memstream(&text, &size);
		if (!to)
			abort();
		if (i < TOLD)
			sentence(to, &d, i);
		else if (i == TOLD)
			attackers(to, live->attackers, "network",
				"Networks that attacked");
		else if (i == TOLD + 1)
			attackers(to, live->attackers, "account",
				"Accounts attacked");
		else
			fputs("mailband has counted no whole day before this "
			      "one, to compare it with",
				to);
		fputc('.', to);
		line_end(lines, &n, to, &text);
	}
	return lines;
}

void changes_free(char ***changes)
{
	for (char **c = *changes; c && *c; c++)
		free(*c);
	free(*changes);
	*changes = NULL;
}
