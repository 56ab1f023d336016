/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of who was banned how often. Bounded like all that attackers
 * fill: at the cap, the one of a sample whose last ban ended first goes.
 */
#include "jails/offender.h"

#include <stdlib.h>

#include "jails/keytable.h"

struct key {
	struct addr net;
	uint16_t jail;
	uint8_t len;
	uint8_t zero;
};

struct record {
	struct key key;
	uint32_t count;
	int64_t end;
};

_Static_assert(sizeof(struct record) == 32, "no padding");

struct offenders {
	struct keytable *table;
	uint32_t hand;
	uint64_t evictions;
};

struct offenders *offenders_new(uint32_t most, const struct hash_seed *seed)
{
	struct offenders *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->table = keytable_new(
		sizeof(struct record), sizeof(struct key), most, seed);
	if (!o->table)
		offenders_free(&o);
	return o;
}

void offenders_free(struct offenders **offenders)
{
	struct offenders *o = *offenders;

	if (!o)
		return;
	keytable_free(&o->table);
	free(o);
	*offenders = NULL;
}

static struct record *find(
	const struct offenders *o, const struct prefix *who, uint16_t jail)
{
	struct key key = {.net = who->net, .jail = jail, .len = who->len};
	uint32_t at = keytable_find(o->table, &key);

	return at == KEYTABLE_NONE ? NULL : keytable_at(o->table, at);
}

static int64_t end_of(const void *context, const void *record)
{
	(void)context;
	return ((const struct record *)record)->end;
}

static void evict(struct offenders *o)
{
	o->evictions += keytable_evict(o->table, &o->hand, end_of, NULL);
}

static struct record *make(
	struct offenders *o, const struct prefix *who, uint16_t jail)
{
	struct key key = {.net = who->net, .jail = jail, .len = who->len};
	uint32_t at = keytable_add(o->table, &key);

	if (at == KEYTABLE_NONE) {
		evict(o);
		at = keytable_add(o->table, &key);
	}
	return at == KEYTABLE_NONE ? NULL : keytable_at(o->table, at);
}

uint32_t offender_count(const struct offenders *o, const struct prefix *who,
	uint16_t jail, int64_t *end)
{
	const struct record *r = find(o, who, jail);

	if (!r)
		return 0;
	if (end)
		*end = r->end;
	return r->count;
}

void offender_set(struct offenders *o, const struct prefix *who, uint16_t jail,
	uint32_t count, int64_t end)
{
	struct record *r = find(o, who, jail);

	if (!r)
		r = make(o, who, jail);
	if (!r)
		return;
	r->count = count;
	r->end = end;
}

uint32_t offender_add(struct offenders *o, const struct prefix *who,
	uint16_t jail, int64_t end)
{
	uint32_t count = offender_count(o, who, jail, NULL);

	if (count < UINT32_MAX)
		count++;
	offender_set(o, who, jail, count, end);
	return count;
}

void offender_forget(
	struct offenders *o, const struct prefix *who, uint16_t jails)
{
	for (uint32_t jail = 0; jail <= jails; jail++) {
		struct key key = {.net = who->net,
			.jail = jail < jails ? (uint16_t)jail : OFFENDER_ALL,
			.len = who->len};
		uint32_t at = keytable_find(o->table, &key);

		if (at != KEYTABLE_NONE)
			keytable_remove(o->table, at);
	}
}

uint32_t offenders_expire(struct offenders *o, int64_t before, uint32_t most)
{
	return keytable_expire(o->table, &o->hand, before, most, end_of, NULL);
}

uint32_t offenders_size(const struct offenders *o)
{
	return keytable_count(o->table);
}

uint64_t offenders_evictions(const struct offenders *o)
{
	return o->evictions;
}

void offenders_each(const struct offenders *o, offender_fn *fn, void *context)
{
	for (uint32_t at = 0; at < keytable_count(o->table); at++) {
		const struct record *r = keytable_at(o->table, at);
		struct prefix who = {.net = r->key.net, .len = r->key.len};

		fn(context, &who, r->key.jail, r->count, r->end);
	}
}
