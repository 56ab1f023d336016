/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all accounts need: room for the line's texts, names, messages and their
 * details.
 */
#include "ledger/accounts.h"

#include <stdlib.h>

#include "ledger/address.h"

/* Room for n bytes until the next line. */
char *accounts_room(struct ledger *l, size_t n)
{
	char *room = l->state->scratch + l->state->used;

	l->state->used += n;
	if (l->state->used > ACCOUNTS_ROOM)
		abort(); /* no line is so long */
	return room;
}

/* An address under the name that it is counted by. */
struct span accounts_address(struct ledger *l, struct span address)
{
	const struct ledger_options *o = &l->options;

	if (o->uucp)
		address = address_from_uucp(
			address, accounts_room(l, address.n + 2));
	if (o->ignore_case)
		return address_lower(address, accounts_room(l, address.n));
	return address_lower_domain(address, accounts_room(l, address.n));
}

struct message *accounts_message(struct ledger *l, struct span id, bool make)
{
	return messages_get(l->messages, id, make, l->state->when.time);
}

struct message *accounts_own(
	struct ledger *l, const struct record *r, bool make)
{
	return messages_get_by(
		l->messages, r->queue, r->hash, make, l->state->when.time);
}

uint32_t accounts_party(struct tally *tally, struct span name, uint64_t size)
{
	uint32_t row = tally_row(tally, name);

	if (row == TALLY_NONE)
		return 0;
	party_add(tally_value(tally, row), size);
	return row + 1;
}

void accounts_detail(struct ledger *l, struct span id, struct span text)
{
	struct ledger_state *s = l->state;
	uint32_t row;
	struct detail *d;

	if (!l->options.per_message)
		return;
	row = tally_row(l->details, id);
	if (row == TALLY_NONE)
		return;
	if (s->n_details == s->room_details) {
		s->room_details = s->room_details ? 2 * s->room_details : 1024;
		s->details = reallocarray(
			s->details, s->room_details, sizeof(*s->details));
		if (!s->details)
			abort();
	}
	s->details[s->n_details++] =
		(struct text){tally_row(s->texts, text), 0};
	d = tally_value(l->details, row);
	if (d->last)
		s->details[d->last - 1].next = s->n_details;
	else
		d->first = s->n_details;
	d->last = s->n_details;
}
