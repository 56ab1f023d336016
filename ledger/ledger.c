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
#include <time.h>

#include "ledger/accounts.h"
#include "lib/clock.h"
#include "lib/line.h"

/* Open messages at a time, of which a busy host has 100,000. */
#define MESSAGES_MOST 1000000
/* maximal_queue_lifetime is 5 days; a long weekend more. */
#define MESSAGE_AGE (8 * 86400 * CLOCK_SECOND)
#define DAYS_MOST 4000
#define HOURS_MOST (24 * DAYS_MOST)
/* A message has 28 bits for that of its client. */
#define NAMES_MOST 4000000

static struct ledger_state *state_new(const struct ledger_options *o)
{
	struct ledger_state *s = calloc(1, sizeof(*s));
	time_t now = (time_t)(clock_wall() / CLOCK_SECOND);
	struct tm tm = {0};

	if (!s || !(s->scratch = malloc(ACCOUNTS_ROOM)))
		abort();
	localtime_r(&now, &tm);
	s->pflogsumm.name = o->name.n ? o->name : SPAN("postfix");
	s->pflogsumm.year = tm.tm_year + 1900;
	s->pflogsumm.month = tm.tm_mon;
	s->pflogsumm.connections = o->connections;
	s->pflogsumm.date[0] = o->date[0];
	s->pflogsumm.date[1] = o->date[1];
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
	l->state = state_new(options);
	return l;
}

static void state_free(struct ledger_state *s)
{
	tally_free(&s->connections);
	tally_free(&s->texts);
	free(s->pflogsumm.scratch);
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

static bool read_compat(
	struct ledger *l, const struct line *line, struct record *r)
{
	struct span text = {line->text, line->text_len};

	return pflogsumm_parse(&l->state->pflogsumm, text, &l->state->when, r);
}

/* Half of a log: its lines need no calendar. */
static bool counts_nothing(const struct ledger *l, enum record_kind kind)
{
	return kind == RECORD_IDLE || kind == RECORD_MESSAGE_ID ||
	       ((kind == RECORD_CONNECT || kind == RECORD_DISCONNECT) &&
		       !l->options.connections);
}

/*
 * Whether all lines that begin so are as this one: a queue id, which might
 * stand in front of anything, has no blank.
 */
static bool is_settled(const struct record *r)
{
	return r->settled && r->settled <= FAMILIAR_MOST &&
	       r->log.n >= FAMILIAR_MOST &&
	       memchr(r->log.at, ' ', FAMILIAR_MOST);
}

static bool read_line(
	struct ledger *l, const struct line *line, struct record *r)
{
	const struct ledger_options *o = &l->options;

	if (!line->time) {
		l->total.undated++;
		return false;
	}
	if ((o->since && line->time < o->since) ||
		(o->until && line->time >= o->until))
		return false;
	l->state->when.time = line->time;
	if (familiar_is(&l->state->familiar, line)) {
		r->kind = RECORD_IDLE;
		return true;
	}
	record_parse(line, o->name, r);
	if (counts_nothing(l, r->kind) && is_settled(r))
		familiar_learn(&l->state->familiar, line);
	return r->kind != RECORD_OTHER;
}

void ledger_line(
	struct ledger *l, const struct line *line, struct record *record)
{
	struct record own, *r = record ? record : &own;

	l->total.lines++;
	l->total.cut += line->cut_short;
	r->kind = RECORD_OTHER;
	if (!(l->options.compat ? read_compat(l, line, r)
				: read_line(l, line, r)))
		return;
	l->total.mail++;
	if (!l->first || l->state->when.time < l->first)
		l->first = l->state->when.time;
	if (l->state->when.time > l->last)
		l->last = l->state->when.time;
	l->state->used = 0;
	if (l->options.compat)
		traffic_begin_line(l);
	else if (counts_nothing(l, r->kind))
		return;
	else if (!l->options.totals)
		when_local(&l->state->clock, line->time, &l->state->when);
	count(l, r);
}
