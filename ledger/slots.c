/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory of slots, which doubles; running out of it ends the program. */
#include "ledger/slots.h"

#include <stdlib.h>

#define SLOTS_FIRST 32

void slots_grow(struct slots *slots)
{
	uint32_t n = slots->at ? 2 * (slots->mask + 1) : SLOTS_FIRST;

	free(slots->at);
	slots->at = calloc(n, sizeof(*slots->at));
	if (!slots->at)
		abort();
	slots->mask = n - 1;
}

void slots_free(struct slots *slots)
{
	free(slots->at);
	*slots = (struct slots){0};
}
