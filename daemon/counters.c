/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The live counters: each line of a mail program goes through the ledger once,
 * and its totals are kept by the hour. They are for people and their monitors;
 * nothing is ever decided by them.
 */
#include "daemon/counters_parts.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/attackers.h"
#include "daemon/outbound.h"
#include "lib/line.h"
#include "lib/repeated.h"

struct counters *counters_new(
	struct attackers *attackers, struct outbound *outbound)
{
	const struct ledger_options options = {
		.most = COUNTERS_NAMES, .totals = true};
	struct counters *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->ledger = ledger_new(&options);
	c->attackers = attackers;
	c->outbound = outbound;
	outbound_watch(outbound, c->ledger->messages);
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

	for (size_t i = 0; i < COUNTER_FIELDS; i++)
		any |= counters_total(c, i) != c->at_hour[i];
	if (!any || c->hour <= 0)
		return;
	if (h->number < c->hour)
		*h = (struct counters_hour){.number = c->hour};
	for (size_t i = 0; i < COUNTER_FIELDS; i++) {
		if (!older)
			h->n[i] += counters_total(c, i) - c->at_hour[i];
		c->at_hour[i] = counters_total(c, i);
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
	if (line_is_of(line, "postfix"))
		return COUNTERS_POSTFIX;
	return line_is_of(line, "dovecot") ? COUNTERS_DOVECOT
					   : COUNTERS_NEITHER;
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

/* Does the line tell that the program itself is in trouble? */
static void look_for_sign(struct counters *c, struct counters_owner *owner,
	size_t program, const struct record *record, uint32_t times,
	int64_t time)
{
	enum sign sign;
	struct span who;

	if (record->kind == RECORD_UNKNOWN)
		owner->unknown += times;
	sign = program == COUNTERS_DOVECOT ? sign_of_dovecot(record, &who)
					   : sign_of_postfix(record, &who);
	if (sign == SIGN_NONE || !c->sign)
		return;
	for (uint32_t i = 0; i < times; i++)
		c->sign(c->sign_ctx, owner->name, program == COUNTERS_DOVECOT,
			sign, who.at, who.n, time);
}

/* Of a line that came so many times: whoever writes that it did must not have
 * it read so often. */
__attribute__((always_inline)) static inline void count_line(struct counters *c,
	const struct line *line, uint32_t source, uint32_t times)
{
	size_t program = program_of(line);
	struct counters_owner *owner;
	struct record record;
	struct span account;
	int64_t hour;

	if (program == COUNTERS_NEITHER ||
		(program == COUNTERS_POSTFIX && is_idle(line)))
		return;
	hour = (line->time ? line->time : clock_wall()) / COUNTERS_HOUR;
	owner = counters_owner_of(c, line, program == COUNTERS_DOVECOT);
	if (counters_told_twice(c, owner, source, hour))
		return;
	if (hour != c->hour && hour > 0)
		hour_change(c, hour);
	owner->lines += times - 1;
	ledger_lines(c->ledger, line, times, &record);
	look_for_sign(c, owner, program, &record, times, line->time);
	if (record.kind == RECORD_QUEUED)
		periods_sender(c->periods, record.sender);
	else if (record.kind == RECORD_DELIVERY &&
		 SPAN_IS(record.status, "sent"))
		periods_recipient(c->periods, record.recipient);
	else if (record_failed_login(&record, &account))
		attackers_login(
			c->attackers, account.at, account.n, times, line->time);
	for (uint32_t i = 0; i < times; i++)
		outbound_record(c->outbound, &record, line->time);
}

/* As many as there were before rsyslog took them together. */
__attribute__((noinline)) static void count_again(
	struct counters *c, const struct line *line, uint32_t source)
{
	static struct repeated again;

	if (!repeated_cut(line, &again)) {
		count_line(c, line, source, 1);
		return;
	}
	count_line(c, &again.line, source, again.times);
}

void counters_line(struct counters *c, const struct line *line, uint32_t source)
{
	if (repeated_begins(line))
		count_again(c, line, source);
	else
		count_line(c, line, source, 1);
}

void counters_sources(struct counters *c, counters_source_fn fn, void *ctx)
{
	c->source = fn;
	c->source_ctx = ctx;
}

void counters_watch(struct counters *c, counters_sign_fn fn, void *ctx)
{
	c->sign = fn;
	c->sign_ctx = ctx;
}

const char *counters_program(const struct counters *c, size_t i, bool *dovecot,
	uint64_t *lines, uint64_t *unknown)
{
	if (i >= c->owners_n)
		return NULL;
	*dovecot = c->owners[i].dovecot;
	*lines = c->owners[i].lines;
	*unknown = c->owners[i].unknown;
	return c->owners[i].name;
}

void counters_ban(struct counters *c)
{
	hour_change(c, clock_wall() / COUNTERS_HOUR);
	c->ledger->total.bans++;
}

_Static_assert(COUNTER_FIELDS <= PERIODS_COLUMNS, "a period has them all");

void counters_tick(struct counters *c, int64_t period)
{
	uint64_t total[COUNTER_FIELDS];

	for (size_t i = 0; i < COUNTER_FIELDS; i++)
		total[i] = counters_total(c, i);
	periods_tick(c->periods, period, clock_wall() / CLOCK_SECOND, total,
		COUNTER_FIELDS);
}

void counters_mark(struct counters *c, int64_t id)
{
	periods_take(c->periods, id);
}
