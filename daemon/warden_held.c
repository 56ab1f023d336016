/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is in the ban sets already. A start, and each healing, puts in again all
 * that is wanted, most of which is there as a rule; the kernel would make each
 * element once more, with its counter, to find that it has it, which takes
 * three times as long as to tell it. So before many are put in the sets are
 * read, if they are not too large. What was read holds until something is taken
 * out, and not for long: an element that ends must not be believed in.
 */
#include "daemon/warden_state.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "nft/dump.h"
#include "nft/set.h"

/* Elements in all: to read more costs what it spares. */
#define MOST 40000u
/* What was read is not kept for longer. */
#define LASTS (2 * CLOCK_SECOND)
/* So much sooner or later than wanted may an element end: a ban is kept with
 * seconds of the wall clock, which are not the kernel's. */
#define SLACK (2000 * CLOCK_MILLISECOND)
#define FOR_EVER INT64_MAX

/* Of a jail, by kind of set: it was looked at, and all of it was read. */
#define LOOKED(kind) (1u << (kind))
#define READ(kind) (1u << (kind) << 4)

void warden_held_forget(struct warden *w)
{
	free(w->held);
	slots_free(&w->held_index);
	w->held = NULL;
	w->n_held = 0;
	memset(w->looked, 0, sizeof(w->looked));
}

/* One who was in the jail's ban set, or NULL. */
static const struct warden_held *find(
	const struct warden *w, uint32_t jail, const struct addr *who)
{
	uint32_t hash = warden_hash(w, who), at = hash, row;

	while ((row = slots_next(&w->held_index, hash, &at)) != SLOTS_NONE)
		if (w->held[row].jail == jail &&
			addr_equal(&w->held[row].who, who))
			return &w->held[row];
	return NULL;
}

struct reading {
	struct warden *w;
	uint32_t jail;
	int64_t now;
};

static int take(const struct dump_element *e, void *context)
{
	const struct reading *r = context;
	struct warden *w = r->w;
	int64_t left = (int64_t)e->remaining * CLOCK_MILLISECOND;

	slots_put(&w->held_index, warden_hash(w, &e->prefix.net),
		(uint32_t)w->n_held);
	w->held[w->n_held++] = (struct warden_held){.who = e->prefix.net,
		.jail = r->jail,
		.end = e->timeout ? r->now + left : FOR_EVER};
	return 0;
}

static bool make_room(struct warden *w)
{
	if (w->held)
		return true;
	w->held = calloc(MOST, sizeof(*w->held));
	w->held_until = clock_mono() + LASTS;
	if (w->held && slots_begin(&w->held_index, MOST))
		return true;
	warden_held_forget(w);
	return false;
}

/* What of a set that was not read in full is there stays true. */
static void look(struct warden *w, uint32_t jail, enum set_kind kind)
{
	struct reading r = {.w = w, .jail = jail, .now = clock_mono()};
	char name[SET_NAME];

	if (!make_room(w))
		return;
	w->looked[jail] |= (uint8_t)LOOKED(kind);
	set_name(name, kind, w->layout.jails[jail].name);
	if (dump_some(&w->asked, kind, name, MOST - w->n_held, take, &r) == 0)
		w->looked[jail] |= (uint8_t)READ(kind);
}

bool warden_held_knows(struct warden *w, uint32_t jail, const struct prefix *p)
{
	enum set_kind kind = set_kind_of(p);

	if (!(w->looked[jail] & LOOKED(kind)))
		look(w, jail, kind);
	return w->looked[jail] & READ(kind);
}

bool warden_held_has(
	const struct warden *w, uint32_t jail, const struct element *e)
{
	int64_t left = (int64_t)e->timeout * CLOCK_MILLISECOND;
	const struct warden_held *held =
		w->n_held ? find(w, jail, &e->prefix.net) : NULL;

	if (!held || held->end == FOR_EVER || !e->timeout)
		return held && held->end == FOR_EVER && !e->timeout;
	return llabs(held->end - clock_mono() - left) <= SLACK;
}

int warden_held_due(struct warden *w)
{
	int64_t left = w->held_until - clock_mono();

	if (!w->held)
		return -1;
	if (left > 0)
		return (int)(left / CLOCK_MILLISECOND) + 1;
	warden_held_forget(w);
	return -1;
}
