/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The live counters: each line of a mail program goes through the ledger once,
 * and its totals are kept by the hour. They are for people and their monitors;
 * nothing is ever decided by them.
 */
#include "daemon/counters.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/counter.h"
#include "ledger/ledger.h"
#include "ledger/tally.h"
#include "lib/clock.h"
#include "lib/line.h"

#define HOURS (90 * 24)
#define HOUR (3600 * CLOCK_SECOND)

/* What is told of a counter, and where it stands. */
static const struct {
	const char *name;
	size_t at;
} columns[] = {
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
};

#define COLUMNS (sizeof(columns) / sizeof(*columns))

enum { POSTFIX, DOVECOT, PROGRAMS, NEITHER = PROGRAMS };

struct hour {
	int64_t number; /* since 1970 */
	uint64_t n[COLUMNS];
};

struct counters {
	struct ledger *ledger;
	int64_t since; /* seconds since 1970 */
	uint64_t marked[COLUMNS];
	struct tally *senders, *recipients; /* of this period */
	/* The hour of the last line of a file, by program. */
	int64_t in_file[PROGRAMS];
	int64_t hour;		   /* of the last line */
	uint64_t at_hour[COLUMNS]; /* the total when it began */
	struct hour hours[HOURS];  /* by number % HOURS */
};

static uint64_t column(const struct counters *c, size_t i)
{
	return *(const uint64_t *)((const char *)&c->ledger->total +
				   columns[i].at);
}

struct counters *counters_new(void)
{
	/* Reasons are for the report. */
	const struct ledger_options options = {.most = COUNTERS_NAMES,
		.no_deferrals = true,
		.no_bounces = true,
		.no_rejects = true,
		.no_failures = true,
		.no_smtpd_warnings = true};
	struct counters *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->ledger = ledger_new(&options);
	c->since = clock_wall() / CLOCK_SECOND;
	c->senders = tally_new(0, COUNTERS_NAMES);
	c->recipients = tally_new(0, COUNTERS_NAMES);
	return c;
}

void counters_free(struct counters **counters)
{
	struct counters *c = *counters;

	if (!c)
		return;
	tally_free(&c->senders);
	tally_free(&c->recipients);
	ledger_free(&c->ledger);
	free(c);
	*counters = NULL;
}

/* What was counted since the hour began goes to it, and another begins. */
static void hour_change(struct counters *c, int64_t hour)
{
	struct hour *h = &c->hours[c->hour % HOURS];
	bool older = h->number > c->hour;

	if (h->number < c->hour)
		*h = (struct hour){.number = c->hour};
	for (size_t i = 0; i < COLUMNS; i++) {
		if (!older)
			h->n[i] += column(c, i) - c->at_hour[i];
		c->at_hour[i] = column(c, i);
	}
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
	hour = (line->time ? line->time : clock_wall()) / HOUR;
	if (is_told_twice(c, line, program, hour))
		return;
	if (hour != c->hour && hour > 0)
		hour_change(c, hour);
	ledger_line(c->ledger, line, &record);
	if (record.kind == RECORD_QUEUED)
		tally_row(c->senders, record.sender);
	else if (record.kind == RECORD_DELIVERY &&
		 SPAN_IS(record.status, "sent"))
		tally_row(c->recipients, record.recipient);
}

static json_t *hours_tell(const struct counters *c)
{
	int64_t last = clock_wall() / HOUR;
	json_t *list = json_array(), *row;

	for (int64_t hour = last - HOURS + 1; hour <= last; hour++) {
		const struct hour *h = &c->hours[hour % HOURS];
		bool now = hour == c->hour;

		if (h->number != hour && !now)
			continue;
		row = json_pack("{s:I}", "hour", (json_int_t)hour * 3600);
		for (size_t i = 0; i < COLUMNS; i++) {
			uint64_t n = h->number == hour ? h->n[i] : 0;

			if (now)
				n += column(c, i) - c->at_hour[i];
			json_object_set_new(row, columns[i].name,
				json_integer((json_int_t)n));
		}
		json_array_append_new(list, row);
	}
	return list;
}

json_t *counters_tell(const struct counters *c)
{
	json_t *total = json_object(), *period = json_object();

	for (size_t i = 0; i < COLUMNS; i++) {
		uint64_t n = column(c, i);

		json_object_set_new(
			total, columns[i].name, json_integer((json_int_t)n));
		json_object_set_new(period, columns[i].name,
			json_integer((json_int_t)(n - c->marked[i])));
	}
	json_object_set_new(
		period, "senders", json_integer(tally_size(c->senders)));
	json_object_set_new(
		period, "recipients", json_integer(tally_size(c->recipients)));
	return json_pack("{s:I,s:o,s:o,s:o}", "since", (json_int_t)c->since,
		"total", total, "period", period, "hours", hours_tell(c));
}

void counters_mark(struct counters *c, const json_t *total)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		const json_t *n = json_object_get(total, columns[i].name);
		uint64_t value = (uint64_t)json_integer_value(n);

		if (value <= column(c, i))
			c->marked[i] = value;
	}
	tally_free(&c->senders);
	tally_free(&c->recipients);
	c->senders = tally_new(0, COUNTERS_NAMES);
	c->recipients = tally_new(0, COUNTERS_NAMES);
}
