/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the alarms of lines have learnt, over a restart: who has ended, what
 * share of lines and which gaps are usual, how much a jail finds in a day.
 */
#include <stdlib.h>

#include "daemon/alarms_parts.h"
#include "daemon/state.h"
#include "lib/clock.h"
#include "lib/log.h"

/* Beside the positions of sources, none of which is called so. */
#define NAME "alarms"
/* What is lost when mailband is killed. */
#define KEEP_EVERY (10 * 60 * CLOCK_SECOND)

void alarms_save(struct alarms *a, struct state *state, bool now)
{
	static uint8_t bytes[JUDGE_KEPT];
	int64_t at = clock_mono();
	size_t n;

	if (!a ||
		(!judge_is_new(a->judge) && !now && at - a->kept < KEEP_EVERY))
		return;
	a->kept = at;
	n = judge_keep(a->judge, at, clock_wall(), bytes, sizeof(bytes));
	if (n)
		state_put_position(state, NAME, bytes, n);
}

void alarms_restore(struct alarms *a, struct state *state)
{
	static uint8_t bytes[JUDGE_KEPT];
	size_t n = state_get_position(state, NAME, bytes, sizeof(bytes));

	if (!a)
		return;
	a->kept = clock_mono();
	/* What was logged meanwhile is read first. */
	a->counted = a->kept;
	if (n && (n > sizeof(bytes) || !judge_recall(a->judge, bytes, n,
					       a->kept, clock_wall())))
		log_warning("alarms: what was learnt is of no use: it is "
			    "learnt anew");
}
