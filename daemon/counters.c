/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The live counters: each line of a mail program goes through the ledger once,
 * and its totals are kept by the hour. They are for people and their monitors;
 * nothing is ever decided by them.
 */
#include "daemon/counters_parts.h"

#include <stdlib.h>
#include <string.h>

#include "lib/line.h"

const struct counters_column counters_columns[COUNTERS_COLUMNS] = {
	{"received", offsetof(struct counter, received)},
	{"delivered", offsetof(struct counter, delivered)},
	{"forwarded", offsetof(struct counter, forwarded)},
	{"deferred", offsetof(struct counter, deferred)},
	{"deferrals", offsetof(struct counter, deferrals)},
	{"bounced", offsetof(struct counter, bounced)},
	{"expired", offsetof(struct counter, expired)},
	{"rejected", offsetof(struct counter, rejected)},
	{"reject_warnings", offsetof(struct counter, reject_warnings)},
	{"held", offsetof(struct counter, held)},
	{"discarded", offsetof(struct counter, discarded)},
	{"bytes_received", offsetof(struct counter, bytes_received)},
	{"bytes_delivered", offsetof(struct counter, bytes_delivered)},
	{"saved", offsetof(struct counter, saved)},
	{"logins", offsetof(struct counter, logins)},
	{"attacks", offsetof(struct counter, attacks)},
	{"lines", offsetof(struct counter, mail)},
	{"unknown", offsetof(struct counter, unknown)},
	{"bans", offsetof(struct counter, bans)},
};

static uint64_t *column(const struct counters *c, size_t i)
{
	return (uint64_t *)(void *)((char *)&c->ledger->total +
				    counters_columns[i].at);
}

uint64_t counters_total(const struct counters *c, size_t i)
{
	return *column(c, i);
}

void counters_set(struct counters *c, size_t i, uint64_t sum)
{
	*column(c, i) = sum;
}

struct counters *counters_new(void)
{
	const struct ledger_options options = {
		.most = COUNTERS_NAMES, .totals = true};
	struct counters *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->ledger = ledger_new(&options);
	c->since = clock_wall() / CLOCK_SECOND;
	messages_watch(c->ledger->messages);
	c->periods = periods_new(COUNTERS_PERIOD, c->since);
	return c;
}

void counters_free(struct counters **counters)
{
	struct counters *c = *counters;

	if (!c)
		return;
	periods_free(&c->periods);
	ledger_free(&c->ledger);
	free(c);
	*counters = NULL;
}

void counters_settle(struct counters *c)
{
	size_t slot = (size_t)(c->hour % COUNTERS_HOURS);
	struct counters_hour *h = &c->hours[slot];
	bool older = h->number > c->hour, any = false;

	for (size_t i = 0; i < COUNTERS_COLUMNS; i++)
		any |= *column(c, i) != c->at_hour[i];
	if (!any || c->hour <= 0)
		return;
	if (h->number < c->hour)
		*h = (struct counters_hour){.number = c->hour};
	for (size_t i = 0; i < COUNTERS_COLUMNS; i++) {
		if (!older)
			h->n[i] += *column(c, i) - c->at_hour[i];
		c->at_hour[i] = *column(c, i);
	}
	c->dirty[slot / 64] |= UINT64_C(1) << slot % 64;
	c->changed = true;
}

/* Another hour begins, or comes back; none is ahead of the clock, where it
 * would take the place of one that is still to come. */
static void hour_change(struct counters *c, int64_t hour)
{
	int64_t now = clock_wall() / COUNTERS_HOUR;

	if (hour > now)
		hour = now;
	if (hour == c->hour)
		return;
	counters_settle(c);
	c->hour = hour;
}

static size_t program_of(const struct line *line)
{
	if (line->tag_len < 7)
		return NEITHER;
	if (memcmp(line->tag, "postfix", 7) == 0)
		return POSTFIX;
	return memcmp(line->tag, "dovecot", 7) == 0 ? DOVECOT : NEITHER;
}

#define BEGINS(line, text)                          \
	((line)->message_len >= sizeof(text) - 1 && \
		memcmp((line)->message, text, sizeof(text) - 1) == 0)

/*
 * Half of a mail log is of connections, of which nothing is kept here: these
 * are seen from their first bytes. No queue id has a blank.
 */
static bool is_idle(const struct line *line)
{
	if (line->message_len == 0)
		return true;
	switch (line->message[0]) {
	case 'c':
		return BEGINS(line, "connect ");
	case 'd':
		return BEGINS(line, "disconnect ");
	case 'l':
		return BEGINS(line, "lost connection ");
	case 'A':
		return BEGINS(line, "Anonymous TLS ");
	case 'T':
		return BEGINS(line, "Trusted TLS ");
	case 'U':
		return BEGINS(line, "Untrusted TLS ");
	case 'V':
		return BEGINS(line, "Verified TLS ");
	case 'C':
		return BEGINS(line, "CONNECT ");
	case 'P':
		return BEGINS(line, "PASS ");
	case 's':
		return BEGINS(line, "statistics: ");
	default:
		return false;
	}
}

/* A program that logs into a file too is counted there alone, for as long as
 * something of it comes from there. */
static bool is_told_twice(struct counters *c, const struct line *line,
	size_t program, int64_t hour)
{
	if (line->journal)
		return hour <= c->in_file[program] + 1;
	if (hour > c->in_file[program])
		c->in_file[program] = hour;
	return false;
}

void counters_line(struct counters *c, const struct line *line)
{
	size_t program = program_of(line);
	struct record record;
	int64_t hour;

	if (program == NEITHER || (program == POSTFIX && is_idle(line)))
		return;
	hour = (line->time ? line->time : clock_wall()) / COUNTERS_HOUR;
	if (is_told_twice(c, line, program, hour))
		return;
	if (hour != c->hour && hour > 0)
		hour_change(c, hour);
	ledger_line(c->ledger, line, &record);
	if (record.kind == RECORD_QUEUED)
		periods_sender(c->periods, record.sender);
	else if (record.kind == RECORD_DELIVERY &&
		 SPAN_IS(record.status, "sent"))
		periods_recipient(c->periods, record.recipient);
}

void counters_ban(struct counters *c)
{
	hour_change(c, clock_wall() / COUNTERS_HOUR);
	c->ledger->total.bans++;
}

_Static_assert(COUNTERS_COLUMNS <= PERIODS_COLUMNS, "a period has them all");

void counters_tick(struct counters *c, int64_t period)
{
	uint64_t total[COUNTERS_COLUMNS];

	for (size_t i = 0; i < COUNTERS_COLUMNS; i++)
		total[i] = *column(c, i);
	periods_tick(c->periods, period, clock_wall() / CLOCK_SECOND, total,
		COUNTERS_COLUMNS);
}

void counters_mark(struct counters *c, int64_t id)
{
	periods_take(c->periods, id);
}
