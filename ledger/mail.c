/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A message from its receipt to its end: who sent it, and how large it was;
 * where its copies went is in mail_delivery.c. A message that a content filter
 * gives back is the same message.
 */
#include "ledger/mail_parts.h"

#include "ledger/address.h"
#include "ledger/host.h"
#include "lib/clock.h"

/* The row of clients + 1 that ledger_new makes. */
#define PICKUP 1

static void uncount_names(struct ledger *l, const struct message *m)
{
	struct when when = {.year = (int)(m->day / 10000),
		.month = (int)(m->day / 100 % 100),
		.day = (int)(m->day % 100)};
	struct day *day = traffic_day(l, &when);
	struct party *party;

	l->hours[m->hour].n[TRAFFIC_RECEIVED]--;
	if (day)
		day->traffic.n[TRAFFIC_RECEIVED]--;
	if (m->sender) {
		party = tally_value(l->senders, m->sender - 1);
		party->count--;
		party->size -= m->size;
	}
	if (m->domain) {
		party = tally_value(l->sender_domains, m->domain - 1);
		party->count--;
		party->size -= m->size;
	}
}

void mail_uncount(struct ledger *l, struct message *m)
{
	if (!m->received)
		return;
	l->total.received--;
	if (m->sender)
		l->total.bytes_received -= m->size;
	if (!l->options.totals)
		uncount_names(l, m);
	m->received = false;
	m->sender = m->domain = 0;
	if (!m->sized)
		m->client = 0;
	m->hop = true;
}

/* Whence a message came, as a row of clients + 1. */
static uint32_t client_of(struct ledger *l, struct span client)
{
	bool compat = l->options.compat;
	struct span domain;

	/* One stands for all. */
	if (l->options.totals || !client.n)
		return PICKUP;
	domain = host_domain(client, compat, accounts_room(l, client.n));
	/* To Perl these are false. */
	if (compat && (!domain.n || SPAN_IS(domain, "0")))
		return 0;
	return tally_row(l->clients, domain.n ? domain : client) + 1;
}

static uint32_t day_of(const struct ledger *l)
{
	const struct when *when = &l->state->when;

	return (uint32_t)(l->options.totals ? when->time / (3600 * CLOCK_SECOND)
					    : when_day(when));
}

void mail_owner_pass(
	const struct ledger *l, const struct message *from, struct message *to)
{
	if (l->options.totals)
		to->owner = from->owner & ~MESSAGE_OWN;
}

void mail_received(struct ledger *l, const struct record *r)
{
	struct message *m = accounts_own(l, r, true);
	bool compat = l->options.compat;
	uint32_t client;

	if (!compat)
		*m = (struct message){.day = day_of(l),
			.hour = (uint32_t)l->state->when.hour};
	client = client_of(l, r->client);
	if (!m->sized)
		m->client = client;
	if (!compat && r->origin.n && !span_same(r->origin, r->queue)) {
		/* Back from a content filter? */
		const struct message *first =
			accounts_message(l, r->origin, false);

		m->hop = first != NULL;
		if (first) {
			m->client = 0;
			mail_owner_pass(l, first, m);
			return;
		}
	}
	m->received = true;
	l->total.received++;
	if (!compat && r->account.n)
		visits_login(l);
	traffic_count(l, TRAFFIC_RECEIVED);
}

/* Digits as a number; more of them than any message has bytes is the most. */
static uint64_t size_of(struct span digits)
{
	uint64_t v = 0;

	if (digits.n > 18)
		return UINT64_C(999999999999999999);
	for (size_t i = 0; i < digits.n; i++)
		v = v * 10 + (uint64_t)(digits.at[i] - '0');
	return v;
}

uint32_t mail_count_domain(struct tally *domains, struct correspondent *c,
	struct span domain, uint64_t size)
{
	if (!c || !c->domain) {
		uint32_t row = accounts_party(domains, domain, size);

		if (c)
			c->domain = row;
		return row;
	}
	party_add(tally_value(domains, c->domain - 1), size);
	return c->domain;
}

/* The domain of a sender; of one without, the host that sent. */
static uint32_t count_sender_domain(struct ledger *l, uint32_t row,
	struct span sender, uint32_t client, uint64_t size)
{
	const char *at = span_char(sender, '@');
	struct span domain = sender;

	if (at && at != sender.at && at + 1 != span_end(sender))
		return mail_count_domain(l->sender_domains,
			row ? tally_value(l->senders, row - 1) : NULL,
			span_from(sender, at + 1), size);
	if (client != PICKUP)
		domain = tally_name(l->clients, client - 1);
	return accounts_party(l->sender_domains, domain, size);
}

/* Where nobody asks by whom. */
static void size_known(struct ledger *l, struct message *m, uint64_t size)
{
	uint32_t client = message_client(m);

	m->size = size;
	m->sized = size > 0;
	if (!client)
		return;
	m->sender = 1;
	l->total.bytes_received += size;
}

void mail_queued(struct ledger *l, const struct record *r)
{
	const struct ledger_options *o = &l->options;
	struct message *m = accounts_own(l, r, true);
	uint64_t size = size_of(r->size);
	struct span sender = r->sender;
	uint32_t domain, row, client = message_client(m);

	if (m->sized && (o->compat || m->size == size))
		return;
	if (o->totals)
		return size_known(l, m, size);
	if (sender.n) {
		sender = accounts_address(l, sender);
		if (o->verp)
			sender = address_without_verp(sender, o->verp_level,
				accounts_room(l, sender.n + 3));
	} else {
		sender = SPAN("from=<>");
	}
	m->size = size;
	m->sized = !SPAN_IS(r->size, "0");
	accounts_detail(l, r->queue, sender);
	if (!client)
		return;
	row = accounts_party(l->senders, sender, size);
	domain = count_sender_domain(l, row, sender, client, size);
	if (!o->compat) {
		m->domain = domain;
		m->sender = row;
	}
	l->total.bytes_received += size;
}

static void queue_note(struct ledger *l)
{
	struct hourly *hourly = traffic_hourly(l);
	uint32_t n = messages_size(l->messages);

	if (hourly && n > hourly->queue)
		hourly->queue = n;
}

void mail_removed(struct ledger *l, const struct record *r)
{
	if (!l->options.totals)
		queue_note(l);
	messages_remove_by(l->messages, r->queue, r->hash);
}
