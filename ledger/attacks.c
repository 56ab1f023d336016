/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attacks as a person looks at them: which networks tried which accounts, and
 * whether somebody came in. A login makes rows only where there was an attack
 * before, so that honest people take no room; names are cut, since strangers
 * choose them.
 */
#include "ledger/attacks.h"

#include <stdlib.h>

#include "ledger/network.h"

/* What one line of Dovecot may count for. */
#define TRIES_MOST 1000

/* A network's text, a blank, an account. */
#define KEY (PREFIX_TEXT + 1 + ATTACKS_NAME)

struct attacks *attacks_new(uint32_t most)
{
	struct attacks *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	if (!most)
		most = ATTACKS_MOST;
	a->networks = tally_new(sizeof(struct attacks_party), most);
	a->accounts = tally_new(sizeof(struct attacks_party), most);
	a->pairs = tally_new(sizeof(struct attacks_pair), most);
	return a;
}

void attacks_free(struct attacks **attacks)
{
	if (!*attacks)
		return;
	tally_free(&(*attacks)->pairs);
	tally_free(&(*attacks)->accounts);
	tally_free(&(*attacks)->networks);
	free(*attacks);
	*attacks = NULL;
}

static struct span account_of(struct span text, char room[ATTACKS_NAME])
{
	struct span name = {
		room, text.n < ATTACKS_NAME ? text.n : ATTACKS_NAME};

	for (size_t i = 0; i < name.n; i++)
		room[i] = byte_lower(text.at[i]);
	return name;
}

static struct attacks_party *party_of(struct tally *tally, uint32_t row)
{
	return tally_value(tally, row);
}

static bool was_tried(struct tally *tally, uint32_t row)
{
	return row != TALLY_NONE && party_of(tally, row)->tries;
}

/* The pair, made if need be; NULL if there is no room. */
static struct attacks_pair *pair_of(
	struct attacks *a, struct span network, struct span account)
{
	uint32_t by = tally_row(a->networks, network);
	uint32_t on = tally_row(a->accounts, account), row;
	struct attacks_pair *pair;
	char key[KEY];

	if (by == TALLY_NONE || on == TALLY_NONE)
		return NULL;
	memcpy(key, network.at, network.n);
	key[network.n] = ' ';
	memcpy(key + network.n + 1, account.at, account.n);
	row = tally_row(
		a->pairs, (struct span){key, network.n + 1 + account.n});
	if (row == TALLY_NONE)
		return NULL;
	pair = tally_value(a->pairs, row);
	pair->network = by;
	pair->account = on;
	return pair;
}

static void party_try(
	struct attacks_party *party, uint64_t tries, bool is_new, int64_t time)
{
	if (!party->tries)
		party->first = time;
	party->last = time;
	party->tries += tries;
	party->peers += is_new;
}

static void take_try(struct attacks *a, struct span network,
	struct span account, uint64_t tries, int64_t time)
{
	struct attacks_pair *pair;
	bool is_new;

	a->tries += tries;
	pair = pair_of(a, network, account);
	if (!pair)
		return;
	is_new = !pair->tries;
	if (is_new)
		pair->first = time;
	pair->last = time;
	pair->tries += tries;
	party_try(party_of(a->networks, pair->network), tries, is_new, time);
	party_try(party_of(a->accounts, pair->account), tries, is_new, time);
}

static void take_login(struct attacks *a, struct span network,
	struct span account, int64_t time)
{
	bool by = was_tried(a->networks, tally_find(a->networks, network));
	bool on = was_tried(a->accounts, tally_find(a->accounts, account));
	enum attacks_after after;
	struct attacks_pair *pair;

	if (!by && !on)
		return;
	a->logins++;
	pair = pair_of(a, network, account);
	if (!pair)
		return;
	pair->logins++;
	after = pair->tries ? ATTACKS_BY_BOTH
		: by	    ? ATTACKS_BY_NETWORK
			    : ATTACKS_ON_ACCOUNT;
	if (after > pair->after) {
		pair->after = after;
		pair->login = time;
	}
}

/* "(auth failed, 3 attempts in 6 secs)", as the first of its brackets. */
static uint64_t tries_of(struct span said)
{
	const char *p = SPAN_FIND(said, "(auth failed, ");
	struct span in;
	uint64_t tries = 0;

	if (!p)
		return 1;
	in = span_from(said, p + 14);
	for (size_t i = 0; i < span_digits(in) && tries < TRIES_MOST; i++)
		tries = 10 * tries + (uint64_t)(in.at[i] - '0');
	if (tries > TRIES_MOST)
		return TRIES_MOST;
	return tries ? tries : 1;
}

void attacks_record(struct attacks *a, const struct record *r, int64_t time)
{
	char network_room[PREFIX_TEXT], account_room[ATTACKS_NAME];
	bool is_login = r->kind == RECORD_LOGIN || r->kind == RECORD_RECEIVED;
	struct span address, network, account = r->account;

	if (!is_login && !record_failed_login(r, &account))
		return;
	address = r->kind == RECORD_RECEIVED ? network_client(r->client)
					     : r->address;
	network = network_of(address, network_room);
	if (!network.n)
		return;
	if (!is_login)
		take_try(a, network, account_of(account, account_room),
			r->kind == RECORD_ATTACK ? tries_of(r->log) : 1, time);
	else if (account.n)
		take_login(a, network, account_of(account, account_room), time);
}
