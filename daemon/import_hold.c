/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an import changes, until the disk has it: the kernel is told after that.
 * Nothing waits here, and what is decided meanwhile by others is not undone.
 */
#include <stdlib.h>

#include "daemon/decisions.h"
#include "daemon/enforce.h"
#include "daemon/engine.h"
#include "daemon/import.h"
#include "daemon/import_parts.h"
#include "jails/banlist.h"

struct order {
	struct ban ban;
	bool lift;
};

struct import_held {
	bool open;
	struct order *orders;
	size_t n, room;
};

void import_hold(struct engine *e)
{
	import_release(e);
	e->held = calloc(1, sizeof(*e->held));
	if (!e->held)
		abort();
	e->held->open = true;
}

void import_hold_end(struct engine *e)
{
	e->held->open = false;
}

bool import_holds(struct engine *e, const struct ban *ban, bool lift)
{
	struct import_held *h = e->held;

	if (!h || !h->open)
		return false;
	if (h->n == h->room) {
		h->room = h->room ? 2 * h->room : 256;
		h->orders =
			reallocarray(h->orders, h->room, sizeof(*h->orders));
		if (!h->orders)
			abort();
	}
	h->orders[h->n++] = (struct order){*ban, lift};
	return true;
}

void import_release(struct engine *e)
{
	struct import_held *h = e->held;

	if (!h)
		return;
	e->held = NULL;
	for (size_t i = 0; i < h->n; i++) {
		const struct order *o = &h->orders[i];
		struct ban now;
		bool is = banlist_find(decisions_bans(e->decisions),
			&o->ban.who, o->ban.jail, &now);

		if (is && !o->lift)
			enforce_ban(e->enforce, &now);
		else if (!is && o->lift)
			enforce_unban(e->enforce, &o->ban);
	}
	free(h->orders);
	free(h);
	enforce_flush(e->enforce);
}
