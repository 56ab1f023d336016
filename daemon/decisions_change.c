/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decisions over what changes under them: another configuration, whose jails
 * have other numbers, and a clock that is set. Both make the tables anew.
 */
#include <stdlib.h>

#include "daemon/decisions_parts.h"
#include "daemon/state.h"
#include "jails/ignore.h"
#include "lib/clock.h"
#include "lib/log.h"

/* The clock was set if it went so many seconds astray from the time since
 * boot, from one tick to the next. */
#define CLOCK_JUMP 10

struct move {
	struct decisions *d;
	struct banlist *to;
	const struct config *config;
	struct decisions_room *rooms; /* the old ones */
	struct window *window;
	size_t jail;
};

static void move_ban(void *ctx, const struct ban *old)
{
	struct move *m = ctx;
	struct ban ban = *old;

	ban.jail = (uint16_t)decisions_jail(
		m->config, m->rooms[old->jail].jail->name);
	if (ban.jail < m->config->n)
		banlist_add(m->to, &ban);
	else
		state_drop_ban(
			m->d->state, m->rooms[old->jail].jail->name, &ban.who);
}

void decisions_remember(struct window *window, const struct jail *jail,
	const struct addr *who, int64_t time, uint32_t count)
{
	uint32_t room = jail->maxretry - 1 - window_count(window, who);

	if (count > room)
		count = room;
	if (count)
		window_add(window, who, time, count);
}

static void move_failure(
	void *ctx, const struct addr *addr, int64_t time, uint32_t count)
{
	struct move *m = ctx;

	decisions_remember(
		m->window, m->config->items[m->jail].jail, addr, time, count);
}

static void move_offender(void *ctx, const struct prefix *who, uint16_t jail,
	uint32_t count, int64_t end)
{
	struct move *m = ctx;
	size_t to = OFFENDER_ALL;

	if (jail != OFFENDER_ALL)
		to = decisions_jail(m->config, m->rooms[jail].jail->name);
	if (to != m->config->n)
		offender_set(m->d->offenders, who, (uint16_t)to, count, end);
}

/* A room for the jail of old, with its counts; its failures are to come. */
static void take_room(struct decisions *d, struct decisions_room *room,
	struct decisions_room *old)
{
	const struct jail *jail = room->jail;
	struct attempts *attempts = decisions_attempts(d, jail);

	*room = *old;
	room->jail = jail;
	room->window = decisions_window(d, jail);
	room->evictions_before = decisions_evictions(old);
	if (attempts && old->attempts) {
		attempts_free(&attempts);
		old->attempts = NULL;
		return;
	}
	room->forgotten_before = decisions_forgotten(old);
	room->attempts = attempts;
}

/* The failures and counts of the jails that both configurations have. */
static void move_rooms(struct move *m, const struct config *old)
{
	struct decisions *d = m->d;

	for (size_t i = 0; i < m->config->n; i++) {
		struct decisions_room *room = &d->rooms[i];
		size_t was = decisions_jail(old, room->jail->name);

		if (was == old->n) {
			room->window = decisions_window(d, room->jail);
			room->attempts = decisions_attempts(d, room->jail);
			continue;
		}
		take_room(d, room, &m->rooms[was]);
		m->window = room->window;
		m->jail = i;
		window_each(m->rooms[was].window, move_failure, m);
	}
	for (size_t i = 0; i < old->n; i++) {
		window_free(&m->rooms[i].window);
		attempts_free(&m->rooms[i].attempts);
	}
}

void decisions_reconfigure(struct decisions *d, const struct config *config)
{
	const struct config *old = d->config;
	struct banlist *bans = d->bans;
	struct offenders *offenders = d->offenders;
	struct move move = {.d = d, .config = config, .rooms = d->rooms};

	decisions_save(d);
	decisions_losses(d, &d->before);
	d->config = config;
	move.to = decisions_banlist(d);
	banlist_each(bans, BANLIST_ALL, move_ban, &move);
	d->offenders = decisions_offenders(d);
	offenders_each(offenders, move_offender, &move);
	d->rooms = decisions_rooms(d);
	move_rooms(&move, old);
	d->bans = move.to;
	prefixset_deinit(&d->own);
	ignore_own_addresses(&d->own);
	free(move.rooms);
	banlist_free(&bans);
	offenders_free(&offenders);
}

static void replace_window(struct decisions_room *room, struct window *window)
{
	room->evictions_before = decisions_evictions(room);
	window_free(&room->window);
	room->window = window;
}

void decisions_limits_changed(struct decisions *d, size_t jail)
{
	struct decisions_room *room = &d->rooms[jail];
	struct move move = {.d = d,
		.config = d->config,
		.jail = jail,
		.window = decisions_window(d, room->jail)};

	window_each(room->window, move_failure, &move);
	replace_window(room, move.window);
}

struct shift {
	struct decisions *d;
	int64_t seconds;
	struct banlist *bans;
	struct window *window;
};

static void shift_ban(void *ctx, const struct ban *old)
{
	struct shift *s = ctx;
	struct ban ban = *old;

	ban.start += s->seconds;
	if (ban.end != BAN_FOREVER)
		ban.end += s->seconds;
	banlist_add(s->bans, &ban);
	decisions_put_ban(s->d, &ban);
}

static void shift_failure(
	void *ctx, const struct addr *addr, int64_t time, uint32_t count)
{
	struct shift *s = ctx;

	window_add(s->window, addr, time + s->seconds, count);
}

/*
 * The kernel counts a ban's time down whatever the clock is set to. If it is
 * set, all that we know goes along: else an address would be taken for banned
 * that the kernel has let go long since, and never be banned again.
 */
void decisions_follow_clock(struct decisions *d)
{
	int64_t offset = decisions_clock_offset();
	struct shift s = {
		.d = d, .seconds = (offset - d->clock_offset) / CLOCK_SECOND};

	d->clock_offset = offset;
	if (s.seconds > -CLOCK_JUMP && s.seconds < CLOCK_JUMP)
		return;
	log_notice("the clock was set by %lld seconds: bans and failures go "
		   "along",
		(long long)s.seconds);
	d->before.bans += banlist_refused(d->bans);
	s.bans = decisions_banlist(d);
	banlist_each(d->bans, BANLIST_ALL, shift_ban, &s);
	banlist_free(&d->bans);
	d->bans = s.bans;
	for (size_t i = 0; i < d->config->n; i++) {
		struct decisions_room *room = &d->rooms[i];

		s.window = decisions_window(d, room->jail);
		window_each(room->window, shift_failure, &s);
		replace_window(room, s.window);
	}
}
