/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Failures on their way to be decided. What one touches lies anywhere in tables
 * that strangers fill, and far from the processor; so some wait for each other
 * while all of that is brought near at once, and are then decided in the order
 * in which they came. Who waits is not forgotten: nothing else may be asked or
 * changed before all are decided.
 */
#include "daemon/decisions_parts.h"
#include "jails/keytable.h"
#include "lib/log.h"

/* Without any text: the line will be gone. */
static void wait_as(struct decisions_waiting *w, const struct decisions *d,
	size_t jail, const struct failure *f)
{
	const struct decisions_room *room = &d->rooms[jail];

	w->jail = jail;
	w->failure = *f;
	w->failure.user = w->failure.session = w->failure.witness = NULL;
	w->hash = keytable_hash(&d->seed, &f->who.net, sizeof(f->who.net));
	if (room->attempts)
		attempts_read(room->attempts, f, w->hash, &w->attempt);
}

void decisions_failure(
	struct decisions *d, size_t jail, const struct failure *f)
{
	struct decisions_waiting w;

	wait_as(&w, d, jail, f);
	decisions_decide(d, &w, decisions_now());
}

void decisions_later(struct decisions *d, size_t jail, const struct failure *f)
{
	const struct decisions_room *room = &d->rooms[jail];
	struct decisions_waiting *w = &d->waiting[d->waiting_n++];

	wait_as(w, d, jail, f);
	window_expect(room->window, w->hash);
	if (room->attempts)
		attempts_expect(room->attempts, w->hash);
	if (d->waiting_n == DECISIONS_WAITING)
		decisions_settle(d);
}

void decisions_settle(struct decisions *d)
{
	int64_t now;

	if (d->waiting_n == 0)
		return;
	for (size_t i = 0; i < d->waiting_n; i++) {
		const struct decisions_waiting *w = &d->waiting[i];
		const struct decisions_room *room = &d->rooms[w->jail];

		window_near(room->window, w->hash);
		if (room->attempts)
			attempts_near(room->attempts, w->hash);
	}
	now = decisions_now();
	for (size_t i = 0; i < d->waiting_n; i++)
		decisions_decide(d, &d->waiting[i], now);
	d->waiting_n = 0;
}
