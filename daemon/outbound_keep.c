/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The accounts over a restart, each under the number of its place, so that the
 * messages that wait find their account again. A row may be a stranger's: what
 * could not be ours is left out.
 */
#include "daemon/outbound_parts.h"

#include <string.h>

#include "daemon/state.h"
#include "ledger/span.h"
#include "lib/clock.h"

#define HOUR (3600 * CLOCK_SECOND)

/* An account as it is kept; no more of its name than it has. */
struct kept {
	struct habit habit;
	uint16_t generation;
	uint8_t n;
	char name[OUTBOUND_NAME];
};

static void put(
	struct outbound *o, struct state *state, struct outbound_account *a)
{
	struct kept kept;

	memset(&kept, 0, sizeof(kept));
	kept.habit = a->habit;
	kept.generation = a->generation;
	kept.n = a->n;
	memcpy(kept.name, a->name, a->n);
	state_put_account(state, (uint32_t)(a - o->accounts), a->habit.hour,
		&kept, offsetof(struct kept, name) + a->n);
	a->changed = false;
}

static void save(struct outbound *o, struct state *state, bool all)
{
	if (!o || !(o->changed || all))
		return;
	for (uint32_t i = 0; i < o->n; i++)
		if (o->accounts[i].n && (o->accounts[i].changed || all))
			put(o, state, &o->accounts[i]);
	o->changed = false;
}

void outbound_save(struct outbound *o, struct state *state)
{
	save(o, state, false);
}

void outbound_save_all(struct outbound *o, struct state *state)
{
	save(o, state, true);
}

static void restore(void *ctx, int64_t number, const void *bytes, size_t n)
{
	int64_t now = clock_wall() / HOUR;
	struct outbound *o = ctx;
	struct outbound_account *a;
	struct kept kept;

	if (number < 0 || number >= OUTBOUND_ACCOUNTS ||
		n <= offsetof(struct kept, name) || n > sizeof(kept))
		return;
	memcpy(&kept, bytes, n);
	a = &o->accounts[number];
	if (kept.n != n - offsetof(struct kept, name) || a->n ||
		kept.n > OUTBOUND_NAME || !habit_valid(&kept.habit) ||
		kept.habit.hour > now + 1 ||
		outbound_find(o, kept.name, kept.n))
		return;
	a->habit = kept.habit;
	/* They were told apart by a secret of that run. */
	a->habit.networks_n = 0;
	a->generation = kept.generation;
	a->n = kept.n;
	memcpy(a->name, kept.name, kept.n);
	outbound_link(o, a);
	if (o->n <= (uint64_t)number)
		o->n = (uint32_t)number + 1;
}

void outbound_restore(struct outbound *o, struct state *state)
{
	if (o)
		state_each_account(state, restore, o);
}
