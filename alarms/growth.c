/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * By how much something has grown within an hour. What was high an hour ago and
 * still is has not grown; a short dip makes what follows it growth, which is
 * what a queue that is flushed in vain does.
 */
#include "alarms/growth.h"

#include "lib/clock.h"

uint32_t growth_see(struct growth *g, int64_t now, uint32_t value)
{
	int64_t number = now / (60 * CLOCK_SECOND) + 1;
	struct growth_minute *m = &g->minutes[number % GROWTH_MINUTES];
	uint32_t least = value;

	if (m->number != number)
		*m = (struct growth_minute){number, value};
	if (value < m->least)
		m->least = value;
	for (int i = 0; i < GROWTH_MINUTES; i++) {
		m = &g->minutes[i];
		if (m->number > number - GROWTH_MINUTES && m->least < least)
			least = m->least;
	}
	return value - least;
}
