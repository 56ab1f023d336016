/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decisions over a restart: bans, offenders and failures into the state store
 * and out of it. What comes out may be old, or of another configuration: it is
 * looked at as if a stranger had written it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/decisions_parts.h"
#include "daemon/reason.h"
#include "daemon/state.h"
#include "jails/ignore.h"
#include "lib/clock.h"

void decisions_prune(struct decisions *d)
{
	int64_t now = decisions_now();

	d->pruned = clock_mono() / CLOCK_SECOND;
	state_prune(d->state, now, now - DECISIONS_DAYS * 86400,
		now - config_longest_findtime(d->config));
}

/* One that began before this run. */
static bool take_ban(struct decisions *d, const struct ban *ban)
{
	struct decisions_room *room = &d->rooms[ban->jail];

	/* Ignored since: the kernel may have it still. */
	if (decisions_ignores(d, room->jail, &ban->who)) {
		d->out.unban(d->out.ctx, ban);
		return false;
	}
	if (banlist_add(d->bans, ban) == BANLIST_FULL)
		return false;
	/* So that never more are banned than were banned in all; the hour's
	 * count has it. */
	room->total_banned++;
	room->counted_banned++;
	return true;
}

static void restore_ban(void *ctx, const struct state_ban *kept)
{
	struct decisions *d = ctx;
	struct ban ban = {.who = kept->who,
		.jail = (uint16_t)decisions_jail(d->config, kept->jail),
		.reason = reason_parse(kept->reason),
		.count = kept->count,
		.start = kept->start,
		.end = kept->end ? kept->end : BAN_FOREVER};
	int64_t now = decisions_now();

	if (ban.jail == d->config->n || ban.end <= now ||
		(ban.start > now && ban.end <= ban.start))
		return;
	/* The clock was ahead when it was kept. */
	if (ban.start > now) {
		if (ban.end != BAN_FOREVER)
			ban.end -= ban.start - now;
		ban.start = now;
	}
	if (take_ban(d, &ban))
		d->out.ban(d->out.ctx, &ban);
}

bool decisions_adopt(struct decisions *d, size_t jail, const struct prefix *who,
	int64_t over, int64_t left)
{
	int64_t now = decisions_now();
	struct ban ban = {.who = *who,
		.jail = (uint16_t)jail,
		.reason = REASON_KERNEL,
		.count = 1,
		.start = now - over,
		.end = left < 0 ? BAN_FOREVER : now + left};

	if (left == 0 || banlist_find(d->bans, who, ban.jail, NULL) ||
		!take_ban(d, &ban))
		return false;
	decisions_put_ban(d, &ban);
	return true;
}

static void restore_offender(void *ctx, const char *jail,
	const struct prefix *who, uint32_t count, int64_t last)
{
	struct decisions *d = ctx;
	size_t i = *jail ? decisions_jail(d->config, jail) : OFFENDER_ALL;

	if (i != d->config->n &&
		last >= decisions_now() - DECISIONS_DAYS * 86400)
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
	int64_t least = decisions_now() - config_longest_findtime(d->config);
	struct kept kept;

	for (size_t at = 0; i < d->config->n && at + sizeof(kept) <= n;
		at += sizeof(kept)) {
		memcpy(&kept, (const char *)bytes + at, sizeof(kept));
		if (kept.time < least)
			continue;
		decisions_remember(d->rooms[i].window, d->rooms[i].jail, who,
			kept.time, kept.count);
	}
}

void decisions_restore(struct decisions *d)
{
	/* It takes hold after the first commit: a start waits for no sync. */
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
	const struct decisions_touched *x = a, *y = b;

	if (x->jail != y->jail)
		return x->jail < y->jail ? -1 : 1;
	return addr_compare(&x->who, &y->who);
}

/* Leaves out what the next start would prune before it looked at it: as a
 * rule that is all, while a log of long ago is read. */
static void drop_old(struct decisions *d)
{
	int64_t least = decisions_now() - config_longest_findtime(d->config);
	size_t kept = 0;

	for (size_t i = 0; i < d->touched_n; i++)
		if (d->touched[i].gone || d->touched[i].time >= least)
			d->touched[kept++] = d->touched[i];
	d->touched_n = kept;
}

void decisions_put_ban(struct decisions *d, const struct ban *ban)
{
	char text[REASON_TEXT];
	const struct state_ban kept = {
		.jail = d->rooms[ban->jail].jail->name,
		.who = ban->who,
		.start = ban->start,
		.end = ban->end == BAN_FOREVER ? 0 : ban->end,
		.count = ban->count,
		.reason = reason_format(ban->reason, text),
	};

	state_put_ban(d->state, &kept);
}

static void put_ban(void *ctx, const struct ban *ban)
{
	decisions_put_ban(ctx, ban);
}

static void put_offender(void *ctx, const struct prefix *who, uint16_t jail,
	uint32_t count, int64_t end)
{
	struct decisions *d = ctx;

	state_put_offender(d->state,
		jail == OFFENDER_ALL ? "" : d->rooms[jail].jail->name, who,
		count, end);
}

struct all {
	struct decisions *d;
	size_t jail;
	struct addr who; /* whose failures are gathered */
	struct gather gather;
};

static void put_failures(struct decisions *d, size_t jail,
	const struct addr *who, const struct gather *g)
{
	state_put_failures(d->state, d->rooms[jail].jail->name, who,
		g->n ? g->kept[g->n - 1].time : 0, g->kept,
		g->n * sizeof(*g->kept));
}

/* An address's failures come one behind the other. */
static void put_failure(
	void *ctx, const struct addr *who, int64_t time, uint32_t count)
{
	struct all *all = ctx;

	if (all->gather.n && !addr_equal(&all->who, who)) {
		put_failures(all->d, all->jail, &all->who, &all->gather);
		all->gather.n = 0;
	}
	all->who = *who;
	gather_failure(&all->gather, who, time, count);
}

void decisions_save_all(struct decisions *d)
{
	struct all all = {.d = d};

	banlist_each(d->bans, BANLIST_ALL, put_ban, d);
	offenders_each(d->offenders, put_offender, d);
	for (; all.jail < d->config->n; all.jail++) {
		all.gather.n = 0;
		window_each(d->rooms[all.jail].window, put_failure, &all);
		if (all.gather.n)
			put_failures(d, all.jail, &all.who, &all.gather);
	}
	decisions_save(d);
}

static void count(struct decisions *d, const char *what,
	const struct decisions_room *room, uint64_t now, uint64_t *counted)
{
	char name[64];

	if (now == *counted)
		return;
	snprintf(name, sizeof(name), "%s %s", what, room->jail->name);
	state_count(d->state, name, now - *counted);
	*counted = now;
}

/* Each once, and in the order of the store: an attacker comes often. */
void decisions_save(struct decisions *d)
{
	for (size_t i = 0; i < d->config->n; i++) {
		struct decisions_room *room = &d->rooms[i];

		count(d, "failures", room, room->total_failed,
			&room->counted_failed);
		count(d, "bans", room, room->total_banned,
			&room->counted_banned);
	}
	drop_old(d);
	if (d->touched_n > 1)
		qsort(d->touched, d->touched_n, sizeof(*d->touched),
			compare_touched);
	for (size_t i = 0; i < d->touched_n; i++) {
		const struct decisions_touched *t = &d->touched[i];
		struct gather g = {.n = 0};

		if (i > 0 && compare_touched(t - 1, t) == 0)
			continue;
		window_each_of(
			d->rooms[t->jail].window, &t->who, gather_failure, &g);
		put_failures(d, t->jail, &t->who, &g);
	}
	d->touched_n = 0;
	memset(d->recent, 0, sizeof(d->recent));
}
