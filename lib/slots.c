/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory of slots, which doubles, or is made for so many rows. */
#include "lib/slots.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 32

void slots_grow(struct slots *slots)
{
	uint32_t n = slots->at ? 2 * (slots->mask + 1) : SLOTS_FIRST;

	free(slots->at);
	slots->at = calloc(n, sizeof(*slots->at));
	if (!slots->at)
		abort();
	slots->mask = n - 1;
	slots->room = n;
}

bool slots_begin(struct slots *slots, uint32_t n)
{
	uint32_t want = SLOTS_FIRST, *at;

	while (want / 2 < n)
		want *= 2;
	if (slots->at && want <= slots->room) {
		memset(slots->at, 0, want * sizeof(*slots->at));
	} else {
		at = calloc(want, sizeof(*at));
		if (!at)
			return false;
		free(slots->at);
		slots->at = at;
		slots->room = want;
	}
	slots->mask = want - 1;
	return true;
}

void slots_free(struct slots *slots)
{
	free(slots->at);
	*slots = (struct slots){0};
}
