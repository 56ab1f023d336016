/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_GROWTH_H
#define MAILBAN_ALARMS_GROWTH_H

#include <stdint.h>

#define GROWTH_MINUTES 60

/* The least of a number in each minute of the last hour; all zero at first. */
struct growth {
	struct growth_minute {
		int64_t number; /* of the minute, monotonic, + 1; 0: none */
		uint32_t least;
	} minutes[GROWTH_MINUTES]; /* by number % GROWTH_MINUTES */
};

/*
 * Takes the number as it is now (monotonic, microseconds): by how much it is
 * above the least of the last hour, or of the time that is known.
 */
uint32_t growth_see(struct growth *growth, int64_t now, uint32_t value);

#endif
