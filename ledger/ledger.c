/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The accounts: what each record adds to which counts. There is one set of
 * them for both ways of reading a line; where pflogsumm counts otherwise than
 * it should, compat says so at the place.
 *
 * Everything that it keeps is named by strangers: tables have caps, and
 * totals stay right when a table is full.
 */
#include "ledger/ledger.h"

#include <stdlib.h>

#include "ledger/accounts.h"
#include "lib/clock.h"

/* Open messages at a time, of which a busy host has 100,000. */
#define MESSAGES_MOST 1000000
/* maximal_queue_lifetime is 5 days; a long weekend more. */
#define MESSAGE_AGE (8 * 86400 * CLOCK_SECOND)
#define DAYS_MOST 4000
#define HOURS_MOST (24 * DAYS_MOST)
#define NAMES_MOST 4000000

static struct ledger_state *state_new(void)
{
	struct ledger_state *s = calloc(1, sizeof(*s));

	if (!s || !(s->scratch = malloc(ACCOUNTS_ROOM)))
		abort();
	s->day_known = s->hour_known = -1;
	s->connections = tally_new(sizeof(struct connection), NAMES_MOST);
	s->texts = tally_new(0, TALLY_MOST);
	return s;
}

struct ledger *ledger_new(const struct ledger_options *options)
{
	struct ledger *l = calloc(1, sizeof(*l));
	uint32_t most = options->most ? options->most : NAMES_MOST;

	if (!l)
		abort();
	l->options = *options;
	l->days = tally_new(sizeof(struct day), DAYS_MOST);
	l->hourly = tally_new(sizeof(struct hourly), HOURS_MOST);
	l->senders = tally_new(sizeof(struct correspondent), most);
	l->sender_domains = tally_new(sizeof(struct party), most);
	l->recipients = tally_new(sizeof(struct correspondent), most);
	l->recipient_domains = tally_new(sizeof(struct target), most);
	l->clients = tally_new(0, most);
	tally_row(l->clients, SPAN("pickup"));
	l->unsized = tally_new(sizeof(uint32_t), TALLY_MOST);
	l->connected_domains = tally_new(sizeof(struct connected), most);
	l->deferrals = causes_new(most);
	l->bounces = causes_new(most);
	l->failures = causes_new(most);
	l->warnings = causes_new(most);
	l->fatals = causes_new(most);
	l->panics = causes_new(most);
	l->masters = causes_new(most);
	for (int i = 0; i < RECORD_ACTIONS; i++)
		l->refused[i] = causes_new(most);
	l->unknown = causes_new(4096);
	l->attacks = causes_new(most);
	l->bans = causes_new(most);
	l->details = tally_new(sizeof(struct detail), most);
	if (options->compat)
		l->messages = messages_new(0, 0);
	else
		l->messages = messages_new(
			options->most ? options->most : MESSAGES_MOST,
			MESSAGE_AGE);
	l->state = state_new();
	reading_init(&l->state->reading, l);
	return l;
}

static void state_free(struct ledger_state *s)
{
	tally_free(&s->connections);
	tally_free(&s->texts);
	reading_free(&s->reading);
	free(s->details);
	free(s->scratch);
	free(s);
}

void ledger_free(struct ledger **ledger)
{
	struct ledger *l = *ledger;
	struct tally **tallies[] = {&l->days, &l->hourly, &l->senders,
		&l->sender_domains, &l->recipients, &l->recipient_domains,
		&l->clients, &l->unsized, &l->connected_domains, &l->details};
	struct causes **causes[] = {&l->deferrals, &l->bounces, &l->failures,
		&l->warnings, &l->fatals, &l->panics, &l->masters, &l->unknown,
		&l->attacks, &l->bans};

	if (!l)
		return;
	state_free(l->state);
	messages_free(&l->messages);
	for (int i = 0; i < RECORD_ACTIONS; i++)
		causes_free(&l->refused[i]);
	for (size_t i = 0; i < sizeof(causes) / sizeof(*causes); i++)
		causes_free(causes[i]);
	for (size_t i = 0; i < sizeof(tallies) / sizeof(*tallies); i++)
		tally_free(tallies[i]);
	free(l);
	*ledger = NULL;
}

void ledger_end(struct ledger *l)
{
	messages_free(&l->messages);
}

struct span ledger_detail(const struct ledger *l, uint32_t *at)
{
	const struct text *text = &l->state->details[*at - 1];

	*at = text->next;
	return tally_name(l->state->texts, text->name);
}

uint32_t ledger_day_count(const struct ledger *l)
{
	uint32_t n = 0;

	if (l->options.compat)
		return l->day_changes;
	for (uint32_t i = 0; i < tally_size(l->days); i++)
		n += ((struct day *)tally_value(l->days, i))->filled;
	return n;
}

static void count(struct ledger *l, const struct record *r)
{
	switch (r->kind) {
	case RECORD_RECEIVED:
		return mail_received(l, r);
	case RECORD_QUEUED:
		return mail_queued(l, r);
	case RECORD_DELIVERY:
		return mail_delivery(l, r);
	case RECORD_EXPIRED:
		l->total.expired++;
		return;
	case RECORD_REMOVED:
		return mail_removed(l, r);
	case RECORD_REFUSED:
		return problems_refused(l, r);
	case RECORD_CHECKED:
		return problems_checked(l, r);
	case RECORD_WARNING:
	case RECORD_FATAL:
	case RECORD_PANIC:
	case RECORD_MASTER:
		return problems_said(l, r);
	case RECORD_CONNECT:
		if (l->options.connections)
			visits_connect(l, r);
		return;
	case RECORD_DISCONNECT:
		if (l->options.connections)
			visits_disconnect(l, r);
		return;
	case RECORD_UNREACHED:
		return problems_unreached(l, r);
	case RECORD_SAVED:
		l->total.saved++;
		return;
	case RECORD_LOGIN:
		return visits_login(l);
	case RECORD_ATTACK:
		return visits_attack(l, r);
	case RECORD_BAN:
		return visits_ban(l, r);
	case RECORD_UNKNOWN:
		l->total.unknown++;
		if (!l->options.totals)
			causes_add(l->unknown, SPAN(""), SPAN(""), r->program);
		return;
	case RECORD_OTHER:
	case RECORD_IDLE:
	case RECORD_MESSAGE_ID:
	case RECORD_KINDS:
		return;
	}
}

void ledger_count(struct ledger *l, const struct record *r)
{
	struct ledger_state *s = l->state;

	s->used = 0;
	if (l->options.compat) {
		s->when = r->when;
		traffic_begin_line(l);
	} else if (l->options.totals) {
		s->when.time = r->when.time;
	} else {
		when_local(&s->clock, r->when.time, &s->when);
	}
	count(l, r);
}

/* Of one line nothing is left of the sums when this is part of the caller. */
__attribute__((always_inline)) static inline void add_sums(
	struct ledger *l, const struct reading_sums *sums)
{
	l->total.lines += sums->lines;
	l->total.mail += sums->mail;
	l->total.undated += sums->undated;
	l->total.cut += sums->cut;
	if (sums->first && (!l->first || sums->first < l->first))
		l->first = sums->first;
	if (sums->last > l->last)
		l->last = sums->last;
}

void ledger_add_sums(struct ledger *l, const struct reading_sums *sums)
{
	add_sums(l, sums);
}

__attribute__((always_inline)) static inline void read_and_count(
	struct ledger *l, const struct line *line, uint32_t times,
	struct record *r)
{
	struct reading_sums sums = {0};
	enum reading_what what;

	/* Of a line that is not looked into nothing is left over. */
	r->kind = RECORD_OTHER;
	r->log = r->program = r->rest = (struct span){line->message, 0};
	what = reading_line(&l->state->reading, line, r);
	reading_sum(&sums, what, line);
	sums.lines *= times;
	sums.mail *= times;
	sums.undated *= times;
	sums.cut *= times;
	add_sums(l, &sums);
	for (uint32_t i = 0; what == READING_COUNTS && i < times; i++)
		ledger_count(l, r);
}

void ledger_line(
	struct ledger *l, const struct line *line, struct record *record)
{
	struct record own;

	read_and_count(l, line, 1, record ? record : &own);
}

void ledger_lines(struct ledger *l, const struct line *line, uint32_t times,
	struct record *record)
{
	read_and_count(l, line, times, record);
}
