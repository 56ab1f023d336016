/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An alarm in words, for somebody who was woken by it: what is wrong, how much,
 * since when, what comes of it, and what to type. It must never advise what
 * loses mail.
 */
#include "alarms/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "alarms/words_parts.h"
#include "lib/clock.h"

#define ROOM(w) sizeof((w)->text)

const char *words_size(double bytes, char text[WORDS_SIZE])
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
	size_t i = 0;

	while (bytes >= 999.5 && i + 1 < sizeof(units) / sizeof(*units)) {
		bytes /= 1000;
		i++;
	}
	snprintf(text, WORDS_SIZE, bytes < 9.95 && i ? "%.1f %s" : "%.0f %s",
		bytes, units[i]);
	return text;
}

const char *words_span(double seconds, char text[WORDS_SPAN])
{
	static const struct {
		double seconds;
		const char *one, *many;
	} units[] = {{86400, "day", "days"}, {3600, "hour", "hours"},
		{60, "minute", "minutes"}, {1, "second", "seconds"}};
	size_t i = 0;
	double n;

	/* A unit that there are two of at least says enough. */
	while (i < 3 && seconds < 2 * units[i].seconds)
		i++;
	n = floor(seconds / units[i].seconds);
	if (n > 99999)
		n = 99999;
	snprintf(text, WORDS_SPAN, "%.0f %s", n,
		(int)n == 1 ? units[i].one : units[i].many);
	return text;
}

static const struct words_about *words_about(enum alarm_kind kind)
{
	if (kind <= ALARM_READ_ONLY)
		return &words_disks;
	if (kind <= ALARM_PROCESSES)
		return &words_queues;
	return kind <= ALARM_PROBE ? &words_host : &words_signs;
}

void words_of(struct words *w, const struct alarm *a, enum level_news news,
	int64_t now, int64_t wall)
{
	char figure[400], outlook[160] = "", when[32] = "", span[WORDS_SPAN];
	int64_t took = now - a->state.since;
	time_t since = (time_t)((wall - took) / CLOCK_SECOND);
	const struct words_about *about = words_about(a->kind);
	struct tm tm;

	w->addresses[0] = w->queue_ids[0] = '\0';
	about->figure(figure, sizeof(figure), a);
	if (localtime_r(&since, &tm))
		strftime(when, sizeof(when), "%b %e %H:%M", &tm);
	words_span((double)took / CLOCK_SECOND, span);
	if (news == LEVEL_RECOVERED) {
		snprintf(w->text, ROOM(w), "%s: well again, after %s", figure,
			span);
		w->next[0] = '\0';
		return;
	}
	about->outlook(outlook, sizeof(outlook), a);
	snprintf(w->text, ROOM(w), "%s, since %s%s%s%s", figure, when, outlook,
		*a->more ? "; " : "", a->more);
	about->next(w->next, sizeof(w->next), a);
}
