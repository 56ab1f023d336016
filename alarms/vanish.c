/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is somebody never heard of again? Attackers come every day; a filter that
 * finds none since its daemon was upgraded may not know the new lines. Days
 * differ much, so it is the quiet ones that say what to expect.
 */
#include "alarms/vanish.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"

#define DAY (24 * 3600 * CLOCK_SECOND)

/* Days that went by while nobody looked had none; the first was no whole one.
 */
static void turn(struct vanish *v, int64_t day)
{
	for (int i = 0; v->day < day && i < VANISH_DAYS; i++) {
		v->days[++v->day % VANISH_DAYS] = 0;
		if (v->known < VANISH_DAYS - 1)
			v->known++;
	}
	v->day = day;
}

void vanish_see(struct vanish *v, uint64_t total, int64_t now, int64_t wall)
{
	int64_t day = wall / DAY;
	uint64_t more;
	uint32_t *today;

	if (!v->begun) {
		*v = (struct vanish){.begun = true, .day = day, .known = -1};
		if (day < 0)
			v->day = 0;
	}
	/* A clock that was set back changes no day. */
	if (day > v->day)
		turn(v, day);
	more = total >= v->total ? total - v->total : total;
	v->total = total;
	if (!more)
		return;
	today = &v->days[v->day % VANISH_DAYS];
	*today = more > UINT32_MAX - *today ? UINT32_MAX
					    : *today + (uint32_t)more;
	v->found = true;
	v->heard = now;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Of the whole days, today left out. */
static uint32_t quiet_day(const struct vanish *v)
{
	uint32_t days[VANISH_DAYS];
	int32_t n = 0;

	for (; n < v->known; n++)
		days[n] = v->days[(v->day - 1 - n) % VANISH_DAYS];
	if (n < VANISH_LEAST)
		return 0;
	qsort(days, (size_t)n, sizeof(*days), compare);
	return days[n / 4];
}

double vanish_missing(struct vanish *v, int64_t upgrade, int64_t now)
{
	if (!v->begun)
		return 0;
	if (!v->split || v->upgrade != upgrade) {
		v->split = true;
		v->upgrade = upgrade;
		v->usual = quiet_day(v);
	}
	if ((v->found && v->heard >= upgrade) || now - upgrade < DAY)
		return 0;
	return (double)v->usual * (double)(now - upgrade) / (double)DAY;
}
