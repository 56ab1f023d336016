/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who sends through this host: a record at a time, to the account that it is
 * of. An account is known by the name that it was let in with; a login that
 * fails makes no account, whatever it says. Messages know their account, so
 * that what comes back counts for who sent it.
 */
#include "daemon/outbound_parts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ledger/network.h"
#include "lib/clock.h"

#define HOUR (3600 * CLOCK_SECOND)

struct outbound *outbound_new(
	const struct alarm_settings *settings, const struct outbound_user *user)
{
	struct outbound *o = calloc(1, sizeof(*o));

	if (!o || getrandom(&o->seed, sizeof(o->seed), 0) !=
			  (ssize_t)sizeof(o->seed))
		abort();
	o->settings = settings;
	o->user = *user;
	o->guessers = guessers_new();
	return o;
}

void outbound_free(struct outbound **outbound)
{
	if (!*outbound)
		return;
	guessers_free(&(*outbound)->guessers);
	free(*outbound);
	*outbound = NULL;
}

void outbound_reconfigure(
	struct outbound *o, const struct alarm_settings *settings)
{
	if (o)
		o->settings = settings;
}

void outbound_watch(struct outbound *o, struct messages *messages)
{
	if (o)
		o->messages = messages;
}

static uint32_t *bucket_of(struct outbound *o, const char *name, size_t n)
{
	return &o->buckets[hash_bytes(&o->seed, name, n) % OUTBOUND_ACCOUNTS];
}

struct outbound_account *outbound_find(
	struct outbound *o, const char *name, size_t n)
{
	uint32_t at = n ? *bucket_of(o, name, n) : 0;

	while (at) {
		struct outbound_account *a = &o->accounts[at - 1];

		if (a->n == n && memcmp(a->name, name, n) == 0)
			return a;
		at = a->next;
	}
	return NULL;
}

void outbound_link(struct outbound *o, struct outbound_account *a)
{
	uint32_t *bucket = bucket_of(o, a->name, a->n);

	a->next = *bucket;
	*bucket = (uint32_t)(a - o->accounts) + 1;
}

static void take_out(struct outbound *o, const struct outbound_account *a)
{
	uint32_t *link = bucket_of(o, a->name, a->n);

	while (*link != (uint32_t)(a - o->accounts) + 1)
		link = &o->accounts[*link - 1].next;
	*link = a->next;
}

/* A free place; if there is none, that of who was not heard of since the hand
 * came by last and is no alarm. There are more places than alarms. */
static struct outbound_account *place_make(struct outbound *o)
{
	struct outbound_account *a;

	if (o->n < OUTBOUND_ACCOUNTS)
		return &o->accounts[o->n++];
	for (;;) {
		a = &o->accounts[o->hand];
		o->hand = (o->hand + 1) % OUTBOUND_ACCOUNTS;
		if (!a->n)
			return a;
		if (!a->used && !a->alarms)
			break;
		a->used = false;
	}
	take_out(o, a);
	o->forgotten++;
	return a;
}

/* The account that was let in; NULL if it has no name, or too long a one. */
static struct outbound_account *account_of(
	struct outbound *o, struct span account)
{
	char name[OUTBOUND_NAME];
	struct outbound_account *a;

	if (!account.n || account.n > sizeof(name)) {
		o->forgotten += account.n > 0;
		return NULL;
	}
	for (size_t i = 0; i < account.n; i++)
		name[i] = byte_lower(account.at[i]);
	a = outbound_find(o, name, account.n);
	if (a) {
		/* Who comes once goes before who comes again. */
		a->used = true;
	} else {
		a = place_make(o);
		*a = (struct outbound_account){.n = (uint8_t)account.n,
			.generation = (uint16_t)(a->generation + 1)};
		memcpy(a->name, name, account.n);
		a->changed = o->changed = true;
		outbound_link(o, a);
	}
	return a;
}

static uint32_t owner_of(
	const struct outbound *o, const struct outbound_account *a)
{
	return ((uint32_t)(a - o->accounts) + 1) |
	       (uint32_t)a->generation << OUTBOUND_GENERATION;
}

struct outbound_account *outbound_owner(
	struct outbound *o, const struct message *m)
{
	uint32_t at = m->owner & OUTBOUND_PLACE;
	struct outbound_account *a;

	if (!at || at > OUTBOUND_ACCOUNTS)
		return NULL;
	a = &o->accounts[at - 1];
	/* Another's, who made room? */
	return a->n && owner_of(o, a) == (m->owner & ~(OUTBOUND_HOLDING |
							     OUTBOUND_COUNTED))
		       ? a
		       : NULL;
}

static struct message *message_of(
	const struct outbound *o, const struct record *r, int64_t time)
{
	return messages_get_by(o->messages, r->queue, r->hash, false, time);
}

static void note_address(struct outbound_account *a, const struct addr *from)
{
	for (uint8_t i = 0; i < a->addresses_n; i++)
		if (addr_equal(&a->addresses[i], from))
			return;
	a->addresses[a->addresses_at] = *from;
	a->addresses_at = (uint8_t)((a->addresses_at + 1) % OUTBOUND_ADDRESSES);
	if (a->addresses_n < OUTBOUND_ADDRESSES)
		a->addresses_n++;
}

/* It was let in from there. A web mailer on this host is no network; a phone
 * has a new one on each street, but few providers. */
static void came_from(struct outbound *o, struct outbound_account *a,
	struct span address, int64_t time)
{
	uint8_t most = a->habit.weeks_networks[0];
	struct prefix network;
	struct addr from;
	size_t n;

	if (!addr_parse(address.at, address.n, &from) || addr_is_special(&from))
		return;
	note_address(a, &from);
	network = prefix_of(&from);
	n = addr_is_v4(&from) ? 14 : 4;
	memset(network.net.ip + n, 0, sizeof(network.net.ip) - n);
	habit_network(&a->habit,
		(uint32_t)hash_bytes(
			&o->seed, network.net.ip, sizeof(network.net.ip)),
		time / HOUR);
	if (a->habit.weeks_networks[0] != most)
		a->changed = o->changed = true;
	outbound_judge(o, a, ALARM_NETWORKS);
	outbound_judge_login(o, a, &from,
		guessers_came(o->guessers, &from, a->name, a->n,
			time / CLOCK_SECOND));
}

static void on_received(
	struct outbound *o, const struct record *r, int64_t time)
{
	struct outbound_account *a = account_of(o, r->account);
	struct message *m = message_of(o, r, time);

	if (!a || !m)
		return;
	m->owner = owner_of(o, a);
	if (r->queue.n < OUTBOUND_ID) {
		memset(a->ids[a->ids_at], 0, OUTBOUND_ID);
		memcpy(a->ids[a->ids_at], r->queue.at, r->queue.n);
		a->ids_at = (uint8_t)((a->ids_at + 1) % OUTBOUND_IDS);
	}
	came_from(o, a, network_client(r->client), time);
}

static uint32_t number_of(struct span digits)
{
	uint64_t v = 0;

	for (size_t i = 0; i < digits.n && v < UINT32_MAX; i++)
		v = v * 10 + (uint64_t)(digits.at[i] - '0');
	return v < UINT32_MAX ? (uint32_t)v : UINT32_MAX;
}

/* A message that waits is queued again and again, and its recipients are the
 * same when a filter has given it back. */
static void on_queued(struct outbound *o, const struct record *r, int64_t time)
{
	struct message *m = message_of(o, r, time);
	struct outbound_account *a = m ? outbound_owner(o, m) : NULL;

	if (!a || m->hop || (m->owner & OUTBOUND_COUNTED))
		return;
	m->owner |= OUTBOUND_COUNTED;
	habit_sent(&a->habit, number_of(r->nrcpt), time / HOUR);
	a->changed = o->changed = true;
	outbound_judge(o, a, ALARM_RECIPIENTS);
}

/* Of what was sent in this hour and in the one before it: what comes back
 * after hours of waiting says nothing of who sends now. */
static void on_returned(
	struct outbound *o, const struct record *r, int64_t time)
{
	const struct message *m = message_of(o, r, time);
	struct outbound_account *a = m ? outbound_owner(o, m) : NULL;

	if (!a || m->day + 1 < time / HOUR)
		return;
	habit_returned(&a->habit, 1, time / HOUR);
	a->changed = o->changed = true;
	outbound_judge(o, a, ALARM_RETURNED);
}

/* Dovecot's, and smtpd(8)'s, which says "(unavailable)" where it does not know
 * the name: that is one account. */
static void on_failed(struct outbound *o, const struct record *r, int64_t time)
{
	struct addr from;

	if (r->account.n && addr_parse(r->address.at, r->address.n, &from) &&
		!addr_is_special(&from))
		guessers_failed(o->guessers, &from, r->account.at, r->account.n,
			time / CLOCK_SECOND);
}

static void on_login(struct outbound *o, const struct record *r, int64_t time)
{
	struct outbound_account *a = account_of(o, r->account);

	if (a)
		came_from(o, a, r->address, time);
}

/* What is done with a record; NULL: nothing, as with most. */
typedef void (*on_record_fn)(
	struct outbound *o, const struct record *r, int64_t time);

static on_record_fn wanted(const struct record *r)
{
	switch (r->kind) {
	case RECORD_RECEIVED:
		return r->account.n ? on_received : NULL;
	case RECORD_QUEUED:
		return on_queued;
	case RECORD_DELIVERY:
		return SPAN_IS(r->status, "bounced") ? on_returned : NULL;
	case RECORD_LOGIN:
		return on_login;
	case RECORD_ATTACK:
	case RECORD_WARNING:
		return r->address.n ? on_failed : NULL;
	default:
		return NULL;
	}
}

void outbound_record(struct outbound *o, const struct record *r, int64_t time)
{
	on_record_fn fn = o ? wanted(r) : NULL;

	if (!fn)
		return;
	/* What was past when the clock was last read, is. */
	if (!time || time >= o->now)
		o->now = clock_wall();
	fn(o, r, time && time < o->now ? time : o->now);
}
