/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The time of day and the time since boot; a test may hold both. */
#include "lib/clock.h"

#include <stdbool.h>
#include <time.h>

static bool held;
static int64_t held_wall, held_mono;

static int64_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * CLOCK_SECOND + t.tv_nsec / 1000;
}

int64_t clock_wall(void)
{
	return held ? held_wall : read_clock(CLOCK_REALTIME);
}

int64_t clock_mono(void)
{
	return held ? held_mono : read_clock(CLOCK_MONOTONIC);
}

void clock_hold(int64_t wall, int64_t mono)
{
	held = true;
	held_wall = wall;
	held_mono = mono;
}

void clock_release(void)
{
	held = false;
}
