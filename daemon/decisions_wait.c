/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Failures on their way to be decided. What one touches lies anywhere in tables
 * that strangers fill, and far from the processor; so some wait for each other
 * while all of that is brought near at once, and are then decided in the order
 * in which they came. Who waits is not forgotten: nothing else may be asked or
 * changed before all are decided.
 */
#include "daemon/decisions_parts.h"
#include "lib/log.h"

static struct attempt *read_attempt(const struct room *room,
	const struct failure *f, struct attempt *attempt)
{
	if (!room->attempts)
		return NULL;
	attempts_read(room->attempts, f, attempt);
	return attempt;
}

void decisions_failure(
	struct decisions *d, size_t jail, const struct failure *f)
{
	struct attempt attempt;

	decisions_decide(d, jail, f, read_attempt(&d->rooms[jail], f, &attempt),
		decisions_now());
}

void decisions_later(struct decisions *d, size_t jail, const struct failure *f)
{
	const struct room *room = &d->rooms[jail];
	struct waiting *w = &d->waiting[d->waiting_n++];

	w->jail = jail;
	w->failure = *f;
	/* The line is gone by then. */
	w->failure.user = w->failure.session = w->failure.witness = NULL;
	w->in_window = window_expect(room->window, &f->who.net);
	if (read_attempt(room, f, &w->attempt))
		w->in_attempts = attempts_expect(room->attempts, &f->who.net);
	if (d->waiting_n == WAITING_MOST)
		decisions_settle(d);
}

void decisions_settle(struct decisions *d)
{
	int64_t now;

	if (d->waiting_n == 0)
		return;
	for (size_t i = 0; i < d->waiting_n; i++) {
		const struct waiting *w = &d->waiting[i];
		const struct room *room = &d->rooms[w->jail];

		window_near(room->window, w->in_window);
		if (room->attempts)
			attempts_near(room->attempts, w->in_attempts);
	}
	now = decisions_now();
	for (size_t i = 0; i < d->waiting_n; i++) {
		const struct waiting *w = &d->waiting[i];

		decisions_decide(d, w->jail, &w->failure, &w->attempt, now);
	}
	d->waiting_n = 0;
}
