/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many bans at once, as after somebody has flushed the ruleset. The kernel
 * makes a million plain elements a second, and a third of that with a counter
 * each. So they go into a set that does not count, which drops as well, and
 * move into their ban set when the rush is over, a few at a time. By this no
 * element that counts may lose what it has counted, and none its time.
 */
#include "daemon/warden_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "nft/dump.h"
#include "nft/set.h"
#include "nft/watch.h"

/* Fewer bans than this are there as soon by the usual way. */
#define RUSH_LEAST 256
/* One step's, which a ban that comes meanwhile has to wait for: 1 ms. */
#define STEP 256
/* One part of so many of the time is for moving. */
#define SHARE 4
/* The rush is over when there was none for so long. */
#define QUIET (2 * CLOCK_SECOND)
/* One that ends so soon stays: it could end in the middle of it. */
#define WORTH CLOCK_SECOND

static void clear(struct warden *w)
{
	free(w->rush);
	slots_free(&w->rush_index);
	w->rush = NULL;
	w->rush_indexed = false;
	w->n_rush = w->rush_room = w->rush_at = 0;
}

void warden_rush_deinit(struct warden *w)
{
	clear(w);
	warden_held_forget(w);
	dump_asked_close(&w->asked);
}

/* Room for n more; false if there is none. */
static bool make_room(struct warden *w, size_t n)
{
	size_t room = w->rush_room ? w->rush_room : 16384;
	struct warden_rush *items;

	if (w->n_rush + n > WARDEN_RUSH)
		return false;
	if (w->n_rush + n <= w->rush_room)
		return true;
	while (room < w->n_rush + n)
		room *= 2;
	items = reallocarray(w->rush, room, sizeof(*items));
	if (!items)
		return false;
	w->rush = items;
	w->rush_room = room;
	return true;
}

/* The place in the index of one of this jail and address, or where *row is
 * SLOTS_NONE: the latest that was put there. */
static uint32_t look_up(const struct warden *w, uint32_t hash, uint32_t jail,
	const struct addr *who, uint32_t *row)
{
	uint32_t at = hash;

	while ((*row = slots_next(&w->rush_index, hash, &at)) != SLOTS_NONE)
		if (w->rush[*row].jail == jail &&
			addr_equal(&w->rush[*row].who, who))
			break;
	return at;
}

/* Not before somebody is to be found: a rush has no time for it. */
static bool make_index(struct warden *w)
{
	if (w->rush_indexed)
		return true;
	if (!slots_begin(&w->rush_index, (uint32_t)w->n_rush))
		return false;
	for (size_t i = w->rush_at; i < w->n_rush; i++) {
		struct warden_rush *r = &w->rush[i];
		uint32_t hash = warden_hash(w, &r->who), row;
		uint32_t at = look_up(w, hash, r->jail, &r->who, &row);

		if (row == SLOTS_NONE) {
			slots_put(&w->rush_index, hash, (uint32_t)i);
			continue;
		}
		/* Put in again, the later one has the right time. */
		w->rush[row].gone = true;
		slots_replace(&w->rush_index, at, (uint32_t)i);
	}
	w->rush_indexed = true;
	return true;
}

/* One who is in his rush set, or NULL. */
static struct warden_rush *find(
	struct warden *w, uint32_t jail, const struct addr *who)
{
	uint32_t row;

	if (w->n_rush == 0)
		return NULL;
	/* They stay where they are, then. */
	if (!make_index(w)) {
		clear(w);
		return NULL;
	}
	look_up(w, warden_hash(w, who), jail, who, &row);
	if (row == SLOTS_NONE || row < w->rush_at || w->rush[row].gone)
		return NULL;
	return &w->rush[row];
}

/* There must be room. */
static void put(struct warden *w, const struct warden_rush *r)
{
	w->rush_indexed = false;
	w->rush[w->n_rush++] = *r;
	w->rush_after = clock_mono() + QUIET;
}

void warden_rush_choose(struct warden *w)
{
	bool room, known;

	if (w->change.n < RUSH_LEAST)
		return;
	room = make_room(w, w->change.n);
	for (size_t i = 0; i < w->change.n; i++) {
		struct change_entry *e = &w->change.entries[i];

		if (e->error || e->refresh ||
			!prefix_is_host(&e->element.prefix))
			continue;
		known = warden_held_knows(w, e->jail, &e->element.prefix);
		e->held = warden_held_has(w, e->jail, &e->element);
		/* None of those who are put into the rush set counts
		 * already. */
		e->rush = known && room && !e->held;
	}
}

static bool is_in(const struct change_entry *e)
{
	return !e->error && e->same_as < 0;
}

/* Who is in the change otherwise, too, is in his ban set. */
static void note_others(struct warden *w)
{
	for (size_t i = 0; i < w->change.n; i++) {
		const struct change_entry *e = &w->change.entries[i];
		struct warden_rush *there =
			is_in(e) && !e->rush
				? find(w, e->jail, &e->element.prefix.net)
				: NULL;

		if (there)
			there->twice = true;
	}
}

void warden_rush_note(struct warden *w)
{
	for (size_t i = 0; i < w->change.n; i++) {
		const struct change_entry *e = &w->change.entries[i];
		uint32_t seconds = (uint32_t)(e->element.timeout / 1000);

		if (is_in(e) && e->rush && make_room(w, 1))
			put(w, &(struct warden_rush){
				       .who = e->element.prefix.net,
				       .jail = e->jail,
				       .timeout = seconds,
				       .end = clock_mono() +
					      seconds * CLOCK_SECOND});
	}
	/* Last, as with each put the index is to be made anew. */
	note_others(w);
}

void warden_rush_unban(struct warden *w)
{
	size_t n = w->change.n;

	warden_held_forget(w);
	for (size_t i = 0; i < n; i++) {
		struct change_entry e = w->change.entries[i];

		if (!prefix_is_host(&e.element.prefix) ||
			!find(w, e.jail, &e.element.prefix.net))
			continue;
		e.rush = true;
		change_put(&w->change, &e);
	}
}

void warden_rush_unbanned(struct warden *w)
{
	for (size_t i = 0; i < w->change.n; i++) {
		const struct change_entry *e = &w->change.entries[i];
		struct warden_rush *r =
			e->rush ? find(w, e->jail, &e->element.prefix.net)
				: NULL;

		if (r)
			r->gone = true;
	}
}

void warden_rush_forget(struct warden *w, size_t first, size_t end)
{
	warden_held_forget(w);
	for (size_t i = w->rush_at; i < w->n_rush; i++)
		if (w->rush[i].jail >= first && w->rush[i].jail < end)
			w->rush[i].gone = true;
}

/* Its index in this layout, or UINT32_MAX. */
static uint32_t find_jail(const struct layout *layout, const char *name)
{
	for (size_t i = 0; i < layout->n; i++)
		if (strcmp(layout->jails[i].name, name) == 0)
			return (uint32_t)i;
	return UINT32_MAX;
}

void warden_rush_renumber(struct warden *w)
{
	uint32_t to[LAYOUT_JAILS_MOST];

	if (w->n_rush == 0)
		return;
	for (size_t i = 0; i < w->layout.n; i++)
		to[i] = find_jail(&w->draft, w->layout.jails[i].name);
	for (size_t i = w->rush_at; i < w->n_rush; i++) {
		struct warden_rush *r = &w->rush[i];

		if (!r->gone)
			r->jail = to[r->jail];
		r->gone |= r->jail == UINT32_MAX;
	}
	w->rush_indexed = false;
}

struct takeover {
	struct warden *w;
	uint32_t jail;
};

static int take_over(const struct dump_element *e, void *context)
{
	const struct takeover *t = context;

	if (!make_room(t->w, 1))
		return -ENOSPC;
	put(t->w, &(struct warden_rush){.who = e->prefix.net,
			  .jail = t->jail,
			  .timeout = (uint32_t)(e->timeout / 1000),
			  .end = clock_mono() +
				 (int64_t)e->remaining * CLOCK_MILLISECOND});
	return 0;
}

void warden_rush_laid_out(struct warden *w, const bool *kept)
{
	static const enum set_kind kinds[] = {SET_RUSH4, SET_RUSH6};
	struct takeover t = {.w = w};
	char name[SET_NAME];

	warden_held_forget(w);
	for (; kept && t.jail < w->layout.n; t.jail++) {
		for (size_t k = 0; k < 2; k++) {
			set_name(name, kinds[k], w->layout.jails[t.jail].name);
			dump_set(w->nft, kinds[k], name, take_over, &t);
		}
	}
}

/* Up to STEP of them into the change. */
static void gather(struct warden *w, int64_t now)
{
	for (; w->rush_at < w->n_rush && w->change.n < STEP; w->rush_at++) {
		const struct warden_rush *r = &w->rush[w->rush_at];
		int64_t left = r->end - now;
		struct change_entry entry = {.jail = r->jail,
			.rush = true,
			.refresh = r->twice,
			.element.prefix = prefix_of(&r->who),
			.element.timeout = r->timeout * UINT64_C(1000)};

		if (r->gone || (r->timeout && left < WORTH))
			continue;
		if (r->timeout)
			entry.element.remaining =
				(uint64_t)(left / CLOCK_MILLISECOND);
		change_put(&w->change, &entry);
	}
}

int warden_rush_due(struct warden *w)
{
	int64_t now = clock_mono(), left = w->rush_after - now;
	int rc;

	if (w->n_rush == 0)
		return -1;
	if (left > 0)
		return (int)(left / CLOCK_MILLISECOND) + 1;
	/* Of two of one address only the later one is to be moved. */
	if (!make_index(w))
		clear(w);
	gather(w, now);
	watch_busy(w->watch);
	rc = change_commit(
		&w->change, CHANGE_MOVE, w->nft, &w->batch, &w->layout);
	w->stats[STATS_TRANSACTIONS] += w->change.transactions;
	w->change.transactions = w->change.retries = 0;
	change_clear(&w->change);
	if (rc < 0)
		log_debug("warden: some bans do not count packets: %s",
			strerror(-rc));
	w->rush_after = clock_mono();
	w->rush_after += (SHARE - 1) * (w->rush_after - now);
	if (w->rush_at < w->n_rush)
		return 1;
	clear(w);
	return -1;
}
