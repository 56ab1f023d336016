/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who came: connections to smtpd(8), logins, logins that failed, and bans.
 */
#include "ledger/accounts.h"

#include "ledger/host.h"
#include "ledger/network.h"
#include "lib/clock.h"

void visits_login(struct ledger *l)
{
	struct hourly *hourly = traffic_hourly(l);

	l->total.logins++;
	if (hourly)
		hourly->logins++;
}

void visits_attack(struct ledger *l, const struct record *r)
{
	char room[PREFIX_TEXT];
	struct hourly *hourly = traffic_hourly(l);
	struct span account;

	if (!record_failed_login(r, &account))
		return;
	l->total.attacks++;
	if (hourly)
		hourly->attacks++;
	if (l->options.totals || l->options.plain)
		return;
	causes_add(
		l->attacks, network_of(r->address, room), account, r->address);
}

void visits_ban(struct ledger *l, const struct record *r)
{
	char room[PREFIX_TEXT];
	struct hourly *hourly = traffic_hourly(l);

	l->total.bans++;
	if (hourly)
		hourly->bans++;
	if (l->options.totals || l->options.plain)
		return;
	causes_add(
		l->bans, network_of(r->address, room), r->account, r->address);
}

static void connected_add(struct connected *c, int64_t seconds)
{
	c->party.count++;
	c->party.size += (uint64_t)seconds;
	if (seconds > c->most)
		c->most = seconds;
}

void visits_disconnect(struct ledger *l, const struct record *r)
{
	struct ledger_state *s = l->state;
	uint32_t row = tally_find(s->connections, r->pid);
	struct connection *c;
	struct span host;
	struct day *day;
	int64_t seconds;

	if (row == TALLY_NONE)
		return;
	c = tally_value(s->connections, row);
	if (!c->open)
		return;
	c->open = false;
	seconds = l->options.compat
			  ? when_seconds(&c->when, &s->when)
			  : (s->when.time - c->when.time) / CLOCK_SECOND;
	connected_add(&l->connected_hours[s->when.hour], seconds);
	day = traffic_day(l, traffic_when(l));
	if (day) {
		day->connected_to = true;
		connected_add(&day->connected, seconds);
	}
	host = host_domain(
		r->client, l->options.compat, accounts_room(l, r->client.n));
	row = tally_row(l->connected_domains, host);
	if (row != TALLY_NONE)
		connected_add(tally_value(l->connected_domains, row), seconds);
	l->total.connections++;
	l->total.connected += seconds;
}

void visits_connect(struct ledger *l, const struct record *r)
{
	uint32_t row = tally_row(l->state->connections, r->pid);
	struct connection *c;

	if (row == TALLY_NONE)
		return;
	c = tally_value(l->state->connections, row);
	c->when = l->state->when;
	c->open = true;
}
