/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sorted, non-overlapping list of prefixes behind ignore and allow lists.
 */
#include "lib/prefixset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void prefixset_init(struct prefixset *set)
{
	*set = (struct prefixset){0};
}

void prefixset_deinit(struct prefixset *set)
{
	free(set->items);
	prefixset_init(set);
}

/* The number of members whose first address is at or below a. */
static size_t position_after(const struct prefixset *set, const struct addr *a)
{
	uint64_t first = addr_first(a), last = addr_last(a);
	size_t low = 0, high = set->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct addr *net = &set->items[mid].net;
		uint64_t begin = addr_first(net);

		if (begin == first ? addr_last(net) <= last : begin < first)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool prefixset_has(const struct prefixset *set, const struct addr *a)
{
	size_t at = position_after(set, a);

	return at > 0 && prefix_contains(&set->items[at - 1], a);
}

bool prefixset_covers(const struct prefixset *set, const struct prefix *p)
{
	size_t at = position_after(set, &p->net);

	return at > 0 && set->items[at - 1].len <= p->len &&
	       prefix_contains(&set->items[at - 1], &p->net);
}

bool prefixset_overlaps(const struct prefixset *set, const struct prefix *p)
{
	size_t at = position_after(set, &p->net);

	if (at > 0 && prefix_overlaps(&set->items[at - 1], p))
		return true;
	return at < set->n && prefix_contains(p, &set->items[at].net);
}

static int make_room(struct prefixset *set)
{
	size_t room = set->room ? set->room * 2 : 16;
	struct prefix *items;

	if (set->n < set->room)
		return 0;
	items = reallocarray(set->items, room, sizeof(*items));
	if (!items)
		return -ENOMEM;
	set->items = items;
	set->room = room;
	return 0;
}

int prefixset_add(struct prefixset *set, const struct prefix *p)
{
	size_t at = position_after(set, &p->net), end;

	if (at > 0 && prefix_overlaps(&set->items[at - 1], p)) {
		if (set->items[at - 1].len <= p->len)
			return 0;
		at--;
	}
	if (make_room(set) < 0)
		return -ENOMEM;
	for (end = at; end < set->n; end++)
		if (!prefix_contains(p, &set->items[end].net))
			break;
	memmove(&set->items[at + 1], &set->items[end],
		(set->n - end) * sizeof(*set->items));
	set->items[at] = *p;
	set->n = set->n - (end - at) + 1;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;
	int order = addr_compare(&x->net, &y->net);

	return order ? order : x->len - y->len;
}

int prefixset_add_all(struct prefixset *set, struct prefix *all, size_t n)
{
	int r = 0;

	if (n > 1)
		qsort(all, n, sizeof(*all), compare);
	for (size_t i = 0; i < n && r == 0; i++)
		r = prefixset_add(set, &all[i]);
	return r;
}
