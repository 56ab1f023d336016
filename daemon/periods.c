/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counters cut by the wall clock, in a ring. What a monitor could not take
 * is here for a while still, each period with its own end. A clock that is set
 * may make one longer or shorter; nothing is counted twice for it or lost.
 */
#include "daemon/periods.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/tally.h"

/* What is kept of the one that runs, and of one that is over: so many numbers
 * before its columns. */
enum { LENGTH, NUMBER, IDS, TAKEN, BEGUN };
enum { ID, END, SENDERS, RECIPIENTS, COLUMNS };

struct periods {
	int64_t length;			 /* seconds */
	int64_t number;			 /* of the one that runs, since 1970 */
	uint64_t begun[PERIODS_COLUMNS]; /* the totals when it began */
	struct tally *senders, *recipients;
	int64_t ids, taken;
	struct period rows[PERIODS]; /* by (id - 1) % PERIODS */
	int64_t kept;		     /* up to this id */
	bool changed;		     /* what runs, or what was taken */
};

static void tallies_new(struct periods *p)
{
	p->senders = tally_new(0, PERIODS_NAMES);
	p->recipients = tally_new(0, PERIODS_NAMES);
}

struct periods *periods_new(int64_t length, int64_t now)
{
	struct periods *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->length = length;
	p->number = now / length;
	tallies_new(p);
	return p;
}

void periods_free(struct periods **periods)
{
	struct periods *p = *periods;

	if (!p)
		return;
	tally_free(&p->senders);
	tally_free(&p->recipients);
	free(p);
	*periods = NULL;
}

void periods_sender(struct periods *p, struct span name)
{
	tally_row(p->senders, name);
}

void periods_recipient(struct periods *p, struct span name)
{
	tally_row(p->recipients, name);
}

static struct period *row_of(struct periods *p, int64_t id)
{
	return &p->rows[(id - 1) % PERIODS];
}

static void end(struct periods *p, const uint64_t *total, size_t columns)
{
	struct period *row = row_of(p, ++p->ids);

	*row = (struct period){.id = p->ids,
		.end = (p->number + 1) * p->length,
		.senders = tally_size(p->senders),
		.recipients = tally_size(p->recipients)};
	for (size_t i = 0; i < columns; i++) {
		row->n[i] = total[i] - p->begun[i];
		p->begun[i] = total[i];
	}
	tally_free(&p->senders);
	tally_free(&p->recipients);
	tallies_new(p);
}

void periods_tick(struct periods *p, int64_t length, int64_t now,
	const uint64_t *total, size_t columns)
{
	int64_t number = now / length;

	if (length == p->length && number > p->number)
		end(p, total, columns);
	p->changed |= p->length != length || p->number != number;
	p->length = length;
	p->number = number;
}

static int64_t oldest(const struct periods *p)
{
	return p->ids > PERIODS ? p->ids - PERIODS + 1 : 1;
}

const struct period *periods_at(const struct periods *p, size_t i)
{
	int64_t id = oldest(p) + (int64_t)i;

	return id <= p->ids ? &p->rows[(id - 1) % PERIODS] : NULL;
}

/* Says of each row whether it is taken; one that is missing is none's. */
static void take(struct periods *p)
{
	for (int64_t id = oldest(p); id <= p->ids; id++) {
		struct period *row = row_of(p, id);

		if (row->id != id)
			*row = (struct period){.id = id};
		row->taken = id <= p->taken || row->end == 0;
	}
}

void periods_take(struct periods *p, int64_t id)
{
	if (id <= p->taken || id > p->ids)
		return;
	p->taken = id;
	p->changed = true;
	take(p);
}

void periods_changed(struct periods *p, periods_fn fn, void *ctx)
{
	uint64_t numbers[BEGUN + COLUMNS + PERIODS_COLUMNS];
	size_t n = PERIODS_COLUMNS * sizeof(*numbers);

	if (p->kept < oldest(p) - 1)
		p->kept = oldest(p) - 1;
	while (p->kept < p->ids) {
		const struct period *row = row_of(p, ++p->kept);

		numbers[ID] = (uint64_t)row->id;
		numbers[END] = (uint64_t)row->end;
		numbers[SENDERS] = row->senders;
		numbers[RECIPIENTS] = row->recipients;
		memcpy(numbers + COLUMNS, row->n, n);
		fn(ctx, 1 + (size_t)(row->id - 1) % PERIODS, numbers,
			COLUMNS + PERIODS_COLUMNS);
	}
	if (!p->changed)
		return;
	p->changed = false;
	numbers[LENGTH] = (uint64_t)p->length;
	numbers[NUMBER] = (uint64_t)p->number;
	numbers[IDS] = (uint64_t)p->ids;
	numbers[TAKEN] = (uint64_t)p->taken;
	memcpy(numbers + BEGUN, p->begun, n);
	fn(ctx, 0, numbers, BEGUN + PERIODS_COLUMNS);
}

void periods_change_all(struct periods *p)
{
	p->kept = 0;
	p->changed = true;
}

static void restore_running(struct periods *p, const uint64_t *numbers)
{
	if (numbers[LENGTH] < 1 || numbers[LENGTH] > 86400 ||
		numbers[NUMBER] > INT32_MAX * 2ull ||
		numbers[IDS] > INT64_MAX / 2)
		return;
	p->length = (int64_t)numbers[LENGTH];
	p->number = (int64_t)numbers[NUMBER];
	p->kept = p->ids = (int64_t)numbers[IDS];
	p->taken = numbers[TAKEN] > numbers[IDS] ? p->ids
						 : (int64_t)numbers[TAKEN];
	memcpy(p->begun, numbers + BEGUN, sizeof(p->begun));
}

void periods_restore(
	struct periods *p, size_t row, const uint64_t *numbers, size_t n)
{
	struct period *to;

	if (row == 0 && n == BEGUN + PERIODS_COLUMNS) {
		restore_running(p, numbers);
	} else if (row > 0 && row <= PERIODS &&
		   n == COLUMNS + PERIODS_COLUMNS && numbers[ID] > 0 &&
		   (numbers[ID] - 1) % PERIODS == row - 1) {
		to = &p->rows[row - 1];
		to->id = (int64_t)numbers[ID];
		to->end = (int64_t)numbers[END];
		to->senders = (uint32_t)numbers[SENDERS];
		to->recipients = (uint32_t)numbers[RECIPIENTS];
		memcpy(to->n, numbers + COLUMNS, sizeof(to->n));
	}
	take(p);
}
