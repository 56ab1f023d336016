/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts by the hour. The store is told the sum of an hour, never a
 * difference: what is written twice, or late, is the same.
 */
#include "daemon/state_parts.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"

#define MOST 4096
/* Hours whose sums are kept for a disk that takes none. */
#define HOURS 24

/* Hours that nobody adds to any more. */
static void forget_old(struct state *state, int64_t hour)
{
	size_t kept = 0;

	for (size_t i = 0; i < state->counts_n; i++)
		if (state->counts[i].hour > hour - HOURS)
			state->counts[kept++] = state->counts[i];
	state->counts_n = kept;
}

struct state_counted *state_counts_find(
	struct state *state, int64_t hour, const char *name)
{
	struct state_counted *c;

	for (size_t i = state->counts_n; i-- > 0;) {
		c = &state->counts[i];
		if (c->hour == hour && strcmp(c->name, name) == 0)
			return c;
	}
	if (strlen(name) >= STATE_COUNT_NAME)
		return NULL;
	forget_old(state, hour);
	if (state->counts_n == MOST)
		return NULL;
	if (state->counts_n == state->counts_room) {
		state->counts_room =
			state->counts_room ? state->counts_room * 2 : 64;
		state->counts = reallocarray(state->counts, state->counts_room,
			sizeof(*state->counts));
		if (!state->counts)
			abort();
	}
	c = &state->counts[state->counts_n++];
	*c = (struct state_counted){.hour = hour};
	strcpy(c->name, name);
	return c;
}

void state_count(struct state *state, const char *name, uint64_t n)
{
	struct state_counted *c;

	if (!state || n == 0)
		return;
	c = state_counts_find(state, clock_wall() / CLOCK_SECOND / 3600, name);
	if (!c)
		return;
	c->n += n;
	c->dirty = true;
}

void state_counts_put(struct state *state)
{
	for (size_t i = 0; i < state->counts_n; i++) {
		if (state->counts[i].dirty)
			state_queue_count(state, &state->counts[i]);
		state->counts[i].dirty = false;
	}
}

void state_counts_all_dirty(struct state *state)
{
	for (size_t i = 0; i < state->counts_n; i++)
		state->counts[i].dirty = true;
}
