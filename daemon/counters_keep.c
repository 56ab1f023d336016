/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The live counters over a restart. They are put into the state store beside
 * the positions of the sources, so that each line counts once whenever the
 * daemon ends: sums, of the hours that changed and in all.
 */
#include "daemon/counters_parts.h"

#include <string.h>

#include "daemon/state.h"
#include "ledger/tally.h"

/* An open message, as it is kept: without what only this run's tables have. */
struct kept {
	int64_t seen;
	uint64_t size;
	uint32_t day, owner;
	uint8_t hour, flags, id_n;
	char id[33];
};

enum { FROM = 1, SIZED = 2, DEFERRED = 4, RECEIVED = 8, HOP = 16, PAID = 32 };

/* Rows that are no hour's; of the periods there are PERIODS_ROWS, from -16
 * down. */
enum { TOTAL = -1, SINCE = -3, OWNERS = -4, FIRST_OF_PERIODS = -16 };

static void put_message(void *ctx, uint32_t place, struct span id,
	const struct message *m, int64_t seen)
{
	struct kept kept = {.seen = seen};

	if (!m || id.n > sizeof(kept.id)) {
		state_put_message(ctx, place, 0, NULL, 0);
		return;
	}
	kept.size = m->sized ? m->size : 0;
	kept.day = m->day;
	kept.owner = m->owner;
	kept.hour = m->hour;
	kept.flags = (uint8_t)((message_client(m) ? FROM : 0) |
			       (m->sized ? SIZED : 0) |
			       (m->deferred ? DEFERRED : 0) |
			       (m->received ? RECEIVED : 0) |
			       (m->hop ? HOP : 0) | (m->sender ? PAID : 0));
	kept.id_n = (uint8_t)id.n;
	memcpy(kept.id, id.at, id.n);
	state_put_message(
		ctx, place, seen, &kept, offsetof(struct kept, id) + id.n);
}

static void restore_message(void *ctx, const void *bytes, size_t n)
{
	struct counters *c = ctx;
	struct ledger *l = c->ledger;
	struct kept kept = {.seen = 0};
	struct message *m;

	if (n < offsetof(struct kept, id) || n > sizeof(kept))
		return;
	memcpy(&kept, bytes, n);
	if (kept.id_n != n - offsetof(struct kept, id) || kept.hour > 99)
		return;
	m = messages_get(l->messages, (struct span){kept.id, kept.id_n}, true,
		kept.seen);
	*m = (struct message){.size = kept.size,
		.day = kept.day,
		.hour = kept.hour,
		.owner = kept.owner,
		.sized = (kept.flags & SIZED) != 0,
		.deferred = (kept.flags & DEFERRED) != 0,
		.received = (kept.flags & RECEIVED) != 0,
		.hop = (kept.flags & HOP) != 0};
	/* By whom is not told here. */
	if (!m->sized)
		m->client = kept.flags & FROM ? 1 : 0;
	m->sender = kept.flags & PAID ? 1 : 0;
}

static void put_period(void *ctx, size_t row, const uint64_t *numbers, size_t n)
{
	state_put_mail(ctx, FIRST_OF_PERIODS - (int64_t)row, numbers, n);
}

void counters_save(struct counters *c, struct state *state)
{
	uint64_t sums[COUNTER_FIELDS], since = (uint64_t)c->since;
	uint64_t owners[COUNTERS_KEPT];

	counters_settle(c);
	if (c->renumbered)
		state_drop_messages(state);
	messages_changed(
		c->ledger->messages, c->renumbered, put_message, state);
	c->renumbered = false;
	periods_changed(c->periods, put_period, state);
	if (!c->changed)
		return;
	for (size_t i = 0; i < COUNTERS_HOURS; i++) {
		/* Whole words of none are most of them. */
		if (!c->dirty[i / 64]) {
			i |= 63;
			continue;
		}
		if (c->dirty[i / 64] >> i % 64 & 1)
			state_put_mail(state, c->hours[i].number, c->hours[i].n,
				COUNTER_FIELDS);
	}
	for (size_t i = 0; i < COUNTER_FIELDS; i++)
		sums[i] = counters_total(c, i);
	state_put_mail(state, TOTAL, sums, COUNTER_FIELDS);
	state_put_mail(state, SINCE, &since, 1);
	state_put_mail(state, OWNERS, owners, counters_owners_put(c, owners));
	memset(c->dirty, 0, sizeof(c->dirty));
	c->changed = false;
}

void counters_save_all(struct counters *c, struct state *state)
{
	for (size_t i = 0; i < COUNTERS_HOURS; i++)
		if (c->hours[i].number)
			c->dirty[i / 64] |= UINT64_C(1) << i % 64;
	c->changed = c->renumbered = true;
	periods_change_all(c->periods);
	counters_save(c, state);
}

/* A row may be of an older release, with fewer columns, or of a stranger. */
static void restore_row(void *ctx, int64_t hour, const uint64_t *sums, size_t n)
{
	struct counters *c = ctx;
	int64_t now = clock_wall() / COUNTERS_HOUR;
	struct counters_hour *h;

	if (hour <= FIRST_OF_PERIODS) {
		periods_restore(
			c->periods, (size_t)(FIRST_OF_PERIODS - hour), sums, n);
		return;
	}
	if (hour == OWNERS) {
		counters_owners_take(c, sums, n);
		return;
	}
	if (n > COUNTER_FIELDS)
		n = COUNTER_FIELDS;
	if (hour == TOTAL) {
		for (size_t i = 0; i < n; i++) {
			*counter_at(&c->ledger->total, i) = sums[i];
			c->at_hour[i] = sums[i];
		}
	} else if (hour == SINCE && n) {
		c->since = (int64_t)sums[0];
	} else if (hour > now - COUNTERS_HOURS && hour <= now && hour > 0) {
		h = &c->hours[hour % COUNTERS_HOURS];
		h->number = hour;
		memcpy(h->n, sums, n * sizeof(*sums));
	}
}

void counters_restore(struct counters *c, struct state *state)
{
	state_each_mail(state, restore_row, c);
	state_each_message(state, restore_message, c);
	c->renumbered = messages_size(c->ledger->messages) > 0;
}

const char *counters_peek(struct counters *c, const char *statedir)
{
	return state_peek_mail(statedir, restore_row, c);
}
