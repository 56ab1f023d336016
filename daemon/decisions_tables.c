/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables that decisions are made with, each jail's and those over all, as
 * the configuration wants them. What a stranger fills is capped here.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/decisions_parts.h"
#include "jails/ignore.h"
#include "lib/clock.h"

/* Addresses whose attempts of the last minutes are known, for each jail. */
#define ATTEMPTS_TRACKED 16384

int64_t decisions_now(void)
{
	return clock_wall() / CLOCK_SECOND;
}

int64_t decisions_clock_offset(void)
{
	return clock_wall() - clock_mono();
}

struct window *decisions_window(
	const struct decisions *d, const struct jail *jail)
{
	struct window *w = window_new(jail->maxretry, jail->findtime,
		d->config->settings.max_tracked, &d->seed);

	if (!w)
		abort();
	return w;
}

struct attempts *decisions_attempts(
	const struct decisions *d, const struct jail *jail)
{
	struct attempts *a;

	if (jail->count != JAIL_COUNT_ATTEMPTS)
		return NULL;
	a = attempts_new(ATTEMPTS_TRACKED, &d->seed);
	if (!a)
		abort();
	return a;
}

struct banlist *decisions_banlist(const struct decisions *d)
{
	struct banlist *bans = banlist_new(d->config->settings.max_bans,
		(uint16_t)(d->config->n + 1), &d->seed);

	if (!bans)
		abort();
	return bans;
}

struct offenders *decisions_offenders(const struct decisions *d)
{
	struct offenders *o =
		offenders_new(d->config->settings.max_bans, &d->seed);

	if (!o)
		abort();
	return o;
}

struct decisions_room *decisions_rooms(const struct decisions *d)
{
	struct decisions_room *rooms = calloc(d->config->n + 1, sizeof(*rooms));

	if (!rooms)
		abort();
	for (size_t i = 0; i < d->config->n; i++)
		rooms[i].jail = d->config->items[i].jail;
	return rooms;
}

size_t decisions_jail(const struct config *config, const char *name)
{
	size_t i = 0;

	while (i < config->n && strcmp(config->items[i].jail->name, name) != 0)
		i++;
	return i;
}

struct decisions *decisions_new(const struct config *config,
	struct state *state, const struct decisions_out *out)
{
	struct decisions *d = calloc(1, sizeof(*d));

	if (!d)
		abort();
	d->config = config;
	d->state = state;
	d->out = *out;
	if (getrandom(&d->seed, sizeof(d->seed), 0) != sizeof(d->seed) ||
		getrandom(&d->random, sizeof(d->random), 0) !=
			sizeof(d->random))
		abort();
	d->rooms = decisions_rooms(d);
	for (size_t i = 0; i < config->n; i++) {
		struct decisions_room *room = &d->rooms[i];

		room->window = decisions_window(d, room->jail);
		room->attempts = decisions_attempts(d, room->jail);
	}
	d->bans = decisions_banlist(d);
	d->offenders = decisions_offenders(d);
	d->touched = calloc(DECISIONS_TOUCHED, sizeof(*d->touched));
	if (!d->touched)
		abort();
	prefixset_init(&d->own);
	ignore_own_addresses(&d->own);
	d->clock_offset = decisions_clock_offset();
	return d;
}

void decisions_free(struct decisions **decisions)
{
	struct decisions *d = *decisions;

	if (!d)
		return;
	for (size_t i = 0; i < d->config->n; i++) {
		window_free(&d->rooms[i].window);
		attempts_free(&d->rooms[i].attempts);
	}
	free(d->rooms);
	banlist_free(&d->bans);
	offenders_free(&d->offenders);
	prefixset_deinit(&d->own);
	free(d->touched);
	free(d);
	*decisions = NULL;
}
