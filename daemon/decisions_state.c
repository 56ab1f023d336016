/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decisions over a restart: bans, offenders and failures into the state store
 * and out of it. What comes out may be old, or of another configuration: it is
 * looked at as if a stranger had written it.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/decisions_parts.h"
#include "daemon/state.h"
#include "jails/ignore.h"
#include "lib/clock.h"

/* The longest that a failure can count. */
static int64_t longest_findtime(const struct config *config)
{
	int64_t most = 0;

	for (size_t i = 0; i < config->n; i++)
		if (config->items[i].jail->findtime > most)
			most = config->items[i].jail->findtime;
	return most;
}

void decisions_prune(struct decisions *d)
{
	int64_t now = decisions_now();

	d->pruned = clock_mono() / CLOCK_SECOND;
	state_prune(d->state, now, now - DECISIONS_DAYS * 86400,
		now - longest_findtime(d->config));
}

static void restore_ban(void *ctx, const char *jail, const struct prefix *who,
	int64_t start, int64_t end, uint32_t count)
{
	struct decisions *d = ctx;
	struct ban ban = {.who = *who,
		.jail = (uint16_t)decisions_jail(d->config, jail),
		.count = count,
		.start = start,
		.end = end ? end : BAN_FOREVER};
	int64_t now = decisions_now();

	if (ban.jail == d->config->n || ban.end <= now ||
		(start > now && ban.end <= start))
		return;
	/* The clock was ahead when it was kept. */
	if (start > now) {
		if (ban.end != BAN_FOREVER)
			ban.end -= start - now;
		ban.start = now;
	}
	/* Ignored since: the kernel may have it still. */
	if (decisions_ignores(d, d->rooms[ban.jail].jail, who)) {
		d->out.unban(d->out.ctx, &ban);
		return;
	}
	if (banlist_add(d->bans, &ban) == BANLIST_FULL)
		return;
	/* So that never more are banned than were banned in all. */
	d->rooms[ban.jail].total_banned++;
	d->out.ban(d->out.ctx, &ban);
}

static void restore_offender(void *ctx, const char *jail,
	const struct prefix *who, uint32_t count, int64_t last)
{
	struct decisions *d = ctx;
	size_t i = *jail ? decisions_jail(d->config, jail) : OFFENDER_ALL;

	if (i != d->config->n)
		offender_set(d->offenders, who, (uint16_t)i, count, last);
}

/* How a tracked address is kept: pairs of a time and a count. */
struct kept {
	int64_t time;
	uint32_t count, unused;
};

static void restore_failures(void *ctx, const char *jail,
	const struct addr *who, const void *bytes, size_t n)
{
	struct decisions *d = ctx;
	size_t i = decisions_jail(d->config, jail);
	struct kept kept;

	for (size_t at = 0; i < d->config->n && at + sizeof(kept) <= n;
		at += sizeof(kept)) {
		memcpy(&kept, (const char *)bytes + at, sizeof(kept));
		decisions_remember(d->rooms[i].window, d->rooms[i].jail, who,
			kept.time, kept.count);
	}
}

void decisions_restore(struct decisions *d)
{
	decisions_prune(d);
	state_each_offender(d->state, restore_offender, d);
	state_each_ban(d->state, restore_ban, d);
	state_each_failures(d->state, restore_failures, d);
}

struct gather {
	struct kept kept[2 * WINDOW_EXACT];
	size_t n;
};

static void gather_failure(
	void *ctx, const struct addr *addr, int64_t time, uint32_t count)
{
	struct gather *g = ctx;

	(void)addr;
	if (g->n < sizeof(g->kept) / sizeof(*g->kept))
		g->kept[g->n++] = (struct kept){time, count, 0};
}

static int compare_touched(const void *a, const void *b)
{
	const struct touched *x = a, *y = b;

	if (x->jail != y->jail)
		return x->jail < y->jail ? -1 : 1;
	return addr_compare(&x->who, &y->who);
}

/* Leaves out what the next start would prune before it looked at it: as a
 * rule that is all, while a log of long ago is read. */
static void drop_old(struct decisions *d)
{
	int64_t least = decisions_now() - longest_findtime(d->config);
	size_t kept = 0;

	for (size_t i = 0; i < d->touched_n; i++)
		if (d->touched[i].gone || d->touched[i].time >= least)
			d->touched[kept++] = d->touched[i];
	d->touched_n = kept;
}

static void put_ban(void *ctx, const struct ban *ban)
{
	struct decisions *d = ctx;

	state_put_ban(d->state, d->rooms[ban->jail].jail->name, &ban->who,
		ban->start, ban->end == BAN_FOREVER ? 0 : ban->end, ban->count);
}

static void put_offender(void *ctx, const struct prefix *who, uint16_t jail,
	uint32_t count, int64_t end)
{
	struct decisions *d = ctx;

	state_put_offender(d->state,
		jail == OFFENDER_ALL ? "" : d->rooms[jail].jail->name, who,
		count, end);
}

/* What was lifted while the disk failed must not come back, and what was
 * begun must. */
static void catch_up(struct decisions *d)
{
	if (!state_is_behind(d->state))
		return;
	state_drop_bans(d->state);
	banlist_each(d->bans, BANLIST_ALL, put_ban, d);
	offenders_each(d->offenders, put_offender, d);
}

/* Each once, and in the order of the store: an attacker comes often. */
void decisions_save(struct decisions *d)
{
	catch_up(d);
	drop_old(d);
	if (d->touched_n > 1)
		qsort(d->touched, d->touched_n, sizeof(*d->touched),
			compare_touched);
	for (size_t i = 0; i < d->touched_n; i++) {
		const struct touched *t = &d->touched[i];
		struct gather g = {.n = 0};

		if (i > 0 && compare_touched(t - 1, t) == 0)
			continue;
		window_each_of(
			d->rooms[t->jail].window, &t->who, gather_failure, &g);
		state_put_failures(d->state, d->rooms[t->jail].jail->name,
			&t->who, g.n ? g.kept[g.n - 1].time : 0, g.kept,
			g.n * sizeof(*g.kept));
	}
	d->touched_n = 0;
	memset(d->recent, 0, sizeof(d->recent));
}
