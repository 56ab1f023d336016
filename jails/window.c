/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The failure window of a jail. It is the one table on the way of a line that
 * an attacker fills, with addresses of his choice: it must stay within its
 * cap, must not let a flood of fresh addresses push out the busy ones first,
 * and must never look at more than a few records for one line.
 */
#include "jails/window.h"

#include <stdlib.h>
#include <string.h>

#include "jails/keytable.h"
#include "lib/hash.h"

#define STEPS 8u
/* A window of STEPS steps touches one more at its end, and the newest. */
#define CELLS (STEPS + 2)

/* Failures of one step of time; last is the newest of them. */
struct cell {
	uint32_t last, count;
};

/* In times[], ascending, each failure; or, above WINDOW_EXACT, cells. */
struct record {
	struct addr addr;
	uint32_t n;
	union {
		uint32_t times[WINDOW_EXACT];
		struct cell cells[CELLS];
	};
};

struct window {
	struct keytable *table;
	struct hash_seed seed;
	uint32_t maxretry, findtime;
	uint32_t step; /* seconds a cell; 0 = exact */
	uint32_t hand; /* where the clock hand of expiry and eviction is */
	uint64_t evictions;
};

_Static_assert(offsetof(struct record, times) == 20, "no padding");

struct window *window_new(uint32_t maxretry, int64_t findtime, uint32_t most,
	const struct hash_seed *seed)
{
	struct window *w = calloc(1, sizeof(*w));
	uint32_t size = offsetof(struct record, times);

	if (!w)
		return NULL;
	w->seed = *seed;
	w->maxretry = maxretry;
	w->findtime = findtime > INT32_MAX ? INT32_MAX : (uint32_t)findtime;
	if (maxretry <= WINDOW_EXACT) {
		size += (maxretry - 1) * sizeof(uint32_t);
	} else {
		w->step = (w->findtime + STEPS - 1) / STEPS;
		size += CELLS * sizeof(struct cell);
	}
	w->table = keytable_new(size, sizeof(struct addr), most, seed);
	if (!w->table)
		window_free(&w);
	return w;
}

void window_free(struct window **window)
{
	struct window *w = *window;

	if (!w)
		return;
	keytable_free(&w->table);
	free(w);
	*window = NULL;
}

static int64_t newest(const void *window, const void *record)
{
	const struct window *w = window;
	const struct record *r = record;

	return w->step ? r->cells[r->n - 1].last : r->times[r->n - 1];
}

static void evict(struct window *w)
{
	w->evictions += keytable_evict(w->table, &w->hand, newest, w);
}

/* Inserts count times into the sorted r->times, at most maxretry - 1 in all;
 * true if they do not fit any more, that is, make maxretry. */
static bool times_add(
	const struct window *w, struct record *r, uint32_t time, uint32_t count)
{
	uint32_t gone = 0, at;

	if (r->n > 0) {
		uint32_t last = r->times[r->n - 1];

		if (time < last && last - time > w->findtime)
			return false; /* too late to count */
		while (time > last && gone < r->n &&
			time - r->times[gone] > w->findtime)
			gone++;
		r->n -= gone;
		memmove(r->times, r->times + gone, r->n * sizeof(r->times[0]));
	}
	if (count >= w->maxretry - r->n)
		return true;
	for (at = r->n; at > 0 && r->times[at - 1] > time; at--)
		r->times[at - 1 + count] = r->times[at - 1];
	for (uint32_t i = 0; i < count; i++)
		r->times[at + i] = time;
	r->n += count;
	return false;
}

static bool cells_full(const struct window *w, const struct record *r)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < r->n; i++)
		sum += r->cells[i].count;
	return sum >= w->maxretry;
}

/* The same with one cell a step of time, ascending. */
static bool cells_add(
	const struct window *w, struct record *r, uint32_t time, uint32_t count)
{
	uint32_t at, gone = 0;

	if (r->n > 0) {
		uint32_t last = r->cells[r->n - 1].last;

		if (time < last && last - time > w->findtime)
			return false;
		while (time > last && gone < r->n &&
			time - r->cells[gone].last > w->findtime)
			gone++;
		r->n -= gone;
		memmove(r->cells, r->cells + gone, r->n * sizeof(r->cells[0]));
	}
	for (at = r->n; at > 0; at--)
		if (r->cells[at - 1].last / w->step <= time / w->step)
			break;
	if (at > 0 && r->cells[at - 1].last / w->step == time / w->step) {
		struct cell *c = &r->cells[at - 1];

		if (time > c->last)
			c->last = time;
		if (__builtin_add_overflow(c->count, count, &c->count))
			c->count = UINT32_MAX;
		return cells_full(w, r);
	}
	memmove(r->cells + at + 1, r->cells + at,
		(r->n - at) * sizeof(r->cells[0]));
	r->cells[at] = (struct cell){.last = time, .count = count};
	r->n++;
	return cells_full(w, r);
}

bool window_add(
	struct window *w, const struct addr *addr, int64_t time, uint32_t count)
{
	return window_add_hashed(w, addr,
		keytable_hash(&w->seed, addr, sizeof(*addr)), time, count);
}

bool window_add_hashed(struct window *w, const struct addr *addr, uint32_t hash,
	int64_t time, uint32_t count)
{
	uint32_t at = keytable_find_hashed(w->table, addr, hash), t;
	struct record *r;

	t = time < 0 ? 0 : time > UINT32_MAX ? UINT32_MAX : (uint32_t)time;
	if (count == 0)
		return false;
	if (at == KEYTABLE_NONE) {
		if (count >= w->maxretry)
			return true;
		if (keytable_count(w->table) == keytable_most(w->table))
			evict(w);
		at = keytable_add_hashed(w->table, addr, hash);
		if (at == KEYTABLE_NONE) {
			/* No memory to grow: live with the room there is. */
			evict(w);
			at = keytable_add_hashed(w->table, addr, hash);
		}
		if (at == KEYTABLE_NONE)
			return false;
	}
	r = keytable_at(w->table, at);
	if (w->step ? !cells_add(w, r, t, count) : !times_add(w, r, t, count))
		return false;
	keytable_remove(w->table, at);
	return true;
}

void window_expect(const struct window *w, uint32_t hash)
{
	keytable_expect(w->table, hash);
}

void window_near(const struct window *w, uint32_t hash)
{
	keytable_near(w->table, hash);
}

uint32_t window_count(const struct window *w, const struct addr *addr)
{
	uint32_t at = keytable_find(w->table, addr), sum = 0;
	const struct record *r;

	if (at == KEYTABLE_NONE)
		return 0;
	r = keytable_at(w->table, at);
	if (!w->step)
		return r->n;
	for (uint32_t i = 0; i < r->n; i++)
		sum += r->cells[i].count; /* below maxretry, or it were gone */
	return sum;
}

bool window_forget(struct window *w, const struct addr *addr)
{
	uint32_t at = keytable_find(w->table, addr);

	if (at == KEYTABLE_NONE)
		return false;
	keytable_remove(w->table, at);
	return true;
}

uint32_t window_expire(struct window *w, int64_t now, uint32_t most)
{
	return keytable_expire(w->table, &w->hand, now - (int64_t)w->findtime,
		most, newest, w);
}

uint32_t window_size(const struct window *w)
{
	return keytable_count(w->table);
}

size_t window_memory(const struct window *w)
{
	return keytable_memory(w->table) + sizeof(*w);
}

uint64_t window_evictions(const struct window *w)
{
	return w->evictions;
}

static void each_of(const struct window *w, const struct record *r,
	window_fn *fn, void *context)
{
	uint32_t i = 0;

	while (i < r->n) {
		uint32_t first = i++;

		if (w->step) {
			fn(context, &r->addr, r->cells[first].last,
				r->cells[first].count);
			continue;
		}
		while (i < r->n && r->times[i] == r->times[first])
			i++;
		fn(context, &r->addr, r->times[first], i - first);
	}
}

void window_each(const struct window *w, window_fn *fn, void *context)
{
	for (uint32_t at = 0; at < keytable_count(w->table); at++)
		each_of(w, keytable_at(w->table, at), fn, context);
}

void window_each_of(const struct window *w, const struct addr *addr,
	window_fn *fn, void *context)
{
	uint32_t at = keytable_find(w->table, addr);

	if (at != KEYTABLE_NONE)
		each_of(w, keytable_at(w->table, at), fn, context);
}
