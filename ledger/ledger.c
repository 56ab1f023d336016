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

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ledger/address.h"
#include "ledger/pflogsumm.h"
#include "lib/addr.h"
#include "lib/clock.h"
#include "lib/line.h"

/* Open messages at a time, of which a busy host has 100,000. */
#define MESSAGES_MOST 1000000
/* maximal_queue_lifetime is 5 days; a long weekend more. */
#define MESSAGE_AGE (8 * 86400 * CLOCK_SECOND)
#define DAYS_MOST 4000
#define HOURS_MOST (24 * DAYS_MOST)
#define NAMES_MOST 4000000
/* Room for what one line is turned into, many times over. */
#define SCRATCH (16 * 65536)

struct connection {
	struct when when;
	bool open;
};

struct text {
	uint32_t name, next; /* a row of texts; + 1, 0 = the last */
};

struct ledger_state {
	struct when_clock clock;
	struct pflogsumm pflogsumm;
	struct when when;  /* of the line */
	int last_day;	   /* of the month, for compat */
	struct when day;   /* the one that is counted for */
	int64_t day_known; /* whose row is day_row; -1 = none */
	uint32_t day_row;
	int64_t hour_known;
	uint32_t hour_row;
	struct tally *connections; /* struct connection, by process */
	struct tally *texts;
	struct text *details;
	uint32_t n_details, room_details;
	struct span pickup;
	char *scratch; /* what this line was turned into */
	size_t used;
};

static struct ledger_state *state_new(const struct ledger_options *o)
{
	struct ledger_state *s = calloc(1, sizeof(*s));
	time_t now = (time_t)(clock_wall() / CLOCK_SECOND);
	struct tm tm = {0};

	if (!s || !(s->scratch = malloc(SCRATCH)))
		abort();
	localtime_r(&now, &tm);
	s->pflogsumm.name = o->name.n ? o->name : SPAN("postfix");
	s->pflogsumm.year = tm.tm_year + 1900;
	s->pflogsumm.month = tm.tm_mon;
	s->pflogsumm.date[0] = o->date[0];
	s->pflogsumm.date[1] = o->date[1];
	s->day_known = s->hour_known = -1;
	s->connections = tally_new(sizeof(struct connection), NAMES_MOST);
	s->texts = tally_new(0, TALLY_NONE);
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
	l->senders = tally_new(sizeof(struct party), most);
	l->sender_domains = tally_new(sizeof(struct party), most);
	l->recipients = tally_new(sizeof(struct party), most);
	l->recipient_domains = tally_new(sizeof(struct target), most);
	l->clients = tally_new(0, most);
	tally_row(l->clients, SPAN("pickup"));
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
		&l->clients, &l->connected_domains, &l->details};
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

/* Room for n bytes until the next line. */
static char *scratch(struct ledger *l, size_t n)
{
	char *room = l->state->scratch + l->state->used;

	l->state->used += n;
	if (l->state->used > SCRATCH)
		abort(); /* no line is so long */
	return room;
}

/* An address under the name that it is counted by. */
static struct span address_name(struct ledger *l, struct span address)
{
	const struct ledger_options *o = &l->options;

	if (o->uucp)
		address = address_from_uucp(address, scratch(l, address.n + 2));
	if (o->ignore_case)
		return address_lower(address, scratch(l, address.n));
	return address_lower_domain(address, scratch(l, address.n));
}

/* Days and hours */

static struct day *day_of(struct ledger *l, const struct when *when)
{
	struct ledger_state *s = l->state;
	int64_t key = when_day(when);
	struct day *day;

	if (s->day_known != key) {
		struct span name = {(const char *)&key, sizeof(key)};

		s->day_row = tally_row(l->days, name);
		s->day_known = key;
		if (s->day_row == TALLY_NONE)
			return NULL;
		day = tally_value(l->days, s->day_row);
		day->year = when->year;
		day->month = when->month;
		day->day = when->day;
	}
	return s->day_row == TALLY_NONE ? NULL
					: tally_value(l->days, s->day_row);
}

static struct hourly *hourly_of(struct ledger *l)
{
	struct ledger_state *s = l->state;
	int64_t key = s->when.time / (3600 * CLOCK_SECOND);
	struct hourly *hourly;

	if (l->options.compat)
		return NULL;
	if (s->hour_known != key) {
		struct span name = {(const char *)&key, sizeof(key)};

		s->hour_row = tally_row(l->hourly, name);
		s->hour_known = key;
	}
	if (s->hour_row == TALLY_NONE)
		return NULL;
	hourly = tally_value(l->hourly, s->hour_row);
	hourly->hour = key;
	return hourly;
}

static void traffic_count(struct ledger *l, int column)
{
	struct ledger_state *s = l->state;
	struct hourly *hourly = hourly_of(l);
	struct day *day = day_of(l, &s->day);

	l->hours[s->when.hour].n[column]++;
	if (hourly)
		hourly->traffic.n[column]++;
	if (!day)
		return;
	day->filled = true;
	day->traffic.n[column]++;
	if (day->columns <= column)
		day->columns = (uint8_t)(column + 1);
}

/* compat: a day begins whenever the day of the month is another. */
static void day_change(struct ledger *l)
{
	struct ledger_state *s = l->state;
	struct day *day;

	if (!l->options.compat) {
		s->day = s->when;
		return;
	}
	if (s->when.day == s->last_day)
		return;
	s->last_day = s->when.day;
	s->day = s->when;
	l->day_changes++;
	if (!l->options.zero_fill)
		return;
	day = day_of(l, &s->day);
	if (day) {
		day->filled = true;
		day->columns = TRAFFIC_COLUMNS;
		day->traffic.n[TRAFFIC_REJECTED] = 0;
	}
}

/* Details of a message */

static void detail_add(struct ledger *l, struct span id, struct span text)
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

struct span ledger_detail(const struct ledger *l, uint32_t *at)
{
	const struct text *text = &l->state->details[*at - 1];

	*at = text->next;
	return tally_name(l->state->texts, text->name);
}

struct span ledger_unsized(const struct ledger *l, uint32_t message)
{
	uint32_t row = messages_at(l->messages, message)->unsized;

	return row ? tally_name(l->recipients, row - 1) : (struct span){"", 0};
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

/* Attacks */

/* The network that an address is counted for: /24, or /48. */
static struct span network_of(struct ledger *l, struct span text)
{
	char *room = scratch(l, PREFIX_TEXT);
	struct prefix prefix;
	bool v4;

	if (!addr_parse(text.at, text.n, &prefix.net))
		return SPAN("");
	v4 = addr_is_v4(&prefix.net);
	prefix.len = v4 ? 96 + 24 : 48;
	memset(prefix.net.ip + (v4 ? 15 : 6), 0, v4 ? 1 : 10);
	prefix_format(&prefix, room);
	return (struct span){room, strlen(room)};
}

static void login_count(struct ledger *l)
{
	struct hourly *hourly = hourly_of(l);

	l->total.logins++;
	if (hourly)
		hourly->logins++;
}

static void attack_count(struct ledger *l, const struct record *r)
{
	struct hourly *hourly = hourly_of(l);

	l->total.attacks++;
	if (hourly)
		hourly->attacks++;
	causes_add(
		l->attacks, network_of(l, r->address), r->account, r->address);
}

static void ban_count(struct ledger *l, const struct record *r)
{
	struct hourly *hourly = hourly_of(l);

	l->total.bans++;
	if (hourly)
		hourly->bans++;
	causes_add(l->bans, network_of(l, r->address), r->account, r->address);
}

/* Messages */

static struct message *message_of(struct ledger *l, struct span id, bool make)
{
	return messages_get(l->messages, id, make, l->state->when.time);
}

static bool is_loopback(struct span host)
{
	return SPAN_FIND(host, "[127.") || SPAN_FIND(host, "[::1]");
}

/* Takes back what a message was counted as when it came. */
static void uncount_receipt(struct ledger *l, struct message *m)
{
	struct when when = {.year = (int)(m->day / 10000),
		.month = (int)(m->day / 100 % 100),
		.day = (int)(m->day % 100)};
	struct day *day = day_of(l, &when);
	struct party *party;

	if (!m->received)
		return;
	l->total.received--;
	l->hours[m->hour].n[TRAFFIC_RECEIVED]--;
	if (day)
		day->traffic.n[TRAFFIC_RECEIVED]--;
	if (m->sender) {
		party = tally_value(l->senders, m->sender - 1);
		party->count--;
		party->size -= m->size;
		l->total.bytes_received -= m->size;
	}
	if (m->domain) {
		party = tally_value(l->sender_domains, m->domain - 1);
		party->count--;
		party->size -= m->size;
	}
	m->received = false;
	m->client = m->sender = m->domain = 0;
	m->hop = true;
}

static void on_received(struct ledger *l, const struct record *r)
{
	struct message *m = message_of(l, r->queue, true);
	struct span client = SPAN("pickup");
	bool compat = l->options.compat;

	if (r->client.n)
		client =
			host_domain(r->client, compat, scratch(l, r->client.n));
	if (!compat)
		*m = (struct message){
			.day = (uint32_t)when_day(&l->state->when),
			.hour = (uint8_t)l->state->when.hour};
	/* To Perl these are false. */
	m->client = 0;
	if (client.n && !(compat && SPAN_IS(client, "0")))
		m->client = tally_row(l->clients, client) + 1;
	if (!compat && r->origin.n && !span_same(r->origin, r->queue)) {
		/* Back from a content filter? */
		m->hop = message_of(l, r->origin, false) != NULL;
		if (m->hop) {
			m->client = 0;
			return;
		}
	}
	m->received = true;
	l->total.received++;
	if (!compat && r->account.n)
		login_count(l);
	traffic_count(l, TRAFFIC_RECEIVED);
}

/* Digits as a number; more of them than any message has bytes is the most. */
static uint64_t size_of(struct span digits)
{
	uint64_t v = 0;

	if (digits.n > 18)
		return UINT64_C(999999999999999999);
	for (size_t i = 0; i < digits.n; i++)
		v = v * 10 + (uint64_t)(digits.at[i] - '0');
	return v;
}

static uint32_t party_add(struct tally *tally, struct span name, uint64_t size)
{
	uint32_t row = tally_row(tally, name);
	struct party *party;

	if (row == TALLY_NONE)
		return 0;
	party = tally_value(tally, row);
	party->count++;
	party->size += size;
	return row + 1;
}

/* The domain of a sender; of one without, the host that sent. */
static struct span sender_domain(
	struct ledger *l, struct span sender, uint32_t client)
{
	const char *at = span_char(sender, '@');

	if (at && at != sender.at && at + 1 != span_end(sender))
		return span_from(sender, at + 1);
	return client == 1 ? sender : tally_name(l->clients, client - 1);
}

static void on_queued(struct ledger *l, const struct record *r)
{
	const struct ledger_options *o = &l->options;
	struct message *m = message_of(l, r->queue, true);
	uint64_t size = size_of(r->size);
	struct span sender = r->sender;
	uint32_t domain, row;

	if (m->sized && (o->compat || m->size == size))
		return;
	if (sender.n) {
		sender = address_name(l, sender);
		if (o->verp)
			sender = address_without_verp(sender, o->verp_level,
				scratch(l, sender.n + 3));
	} else {
		sender = SPAN("from=<>");
	}
	m->size = size;
	m->sized = !SPAN_IS(r->size, "0");
	detail_add(l, r->queue, sender);
	if (!m->client)
		return;
	domain = party_add(l->sender_domains,
		sender_domain(l, sender, m->client), m->size);
	row = party_add(l->senders, sender, m->size);
	if (!o->compat) {
		m->domain = domain;
		m->sender = row;
	}
	l->total.bytes_received += m->size;
	m->client = 0;
}

/* Deliveries */

/* As Perl takes text for a number: what can be read in front. */
static double number_of(struct span in)
{
	static const double tens[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
	char text[64];
	uint64_t v = 0;
	size_t n = in.n, i, point = 0;

	for (i = 0; i < n && i < 15; i++) {
		if (in.at[i] == '.' && !point)
			point = i + 1;
		else if (byte_is_digit(in.at[i]))
			v = v * 10 + (uint64_t)(in.at[i] - '0');
		else
			break;
	}
	if (i == n && n && (!point || n - point <= 6))
		return (double)v / tens[point ? n - point : 0];
	while (in.n && byte_is_space(*in.at))
		span_skip(&in, 1);
	for (n = 0; n < in.n && n < sizeof(text) - 1; n++) {
		if (!byte_is_digit(in.at[n]) && !strchr("+-.eE", in.at[n]))
			break;
		text[n] = in.at[n];
	}
	text[n] = '\0';
	return strtod(text, NULL);
}

static void target_delay(struct target *t, double delay, struct span text)
{
	if (t->has_most && delay <= t->delay_most)
		return;
	t->delay_most = delay;
	/* What is false to Perl is replaced by whatever comes next. */
	t->has_most = !SPAN_IS(text, "0");
}

static void delays_count(struct ledger *l, const struct record *r, double delay)
{
	static const double limits[DELAY_CLASSES - 1] = {
		1, 10, 60, 600, 3600, 6 * 3600, 86400};
	struct span in = r->delays;
	int class = 0;

	while (class < DELAY_CLASSES - 1 && delay >= limits[class])
		class ++;
	l->delay_classes[class]++;
	if (!in.n)
		return;
	l->with_parts++;
	for (int i = 0; i < DELAYS; i++) {
		const char *slash = span_char(in, '/');
		struct span part =
			span_between(in.at, slash ? slash : span_end(in));

		l->delay_parts[i] += number_of(part);
		in = slash ? span_from(in, slash + 1) : (struct span){in.at, 0};
	}
}

/* True if it went to a content filter that has given it back already. */
static bool is_hop(struct ledger *l, const struct record *r)
{
	struct span rest = r->rest;
	struct message *m;
	const char *p;
	size_t n = 0;

	if (!is_loopback(r->relay))
		return false;
	p = SPAN_FIND_BY(rest, "queued as ", 0);
	if (!p)
		return false;
	rest = span_from(rest, p + 10);
	while (n < rest.n && byte_is_word(rest.at[n]))
		n++;
	m = message_of(l, (struct span){rest.at, n}, false);
	if (!m || !(m->received || m->hop))
		return false;
	uncount_receipt(l, m);
	return true;
}

static void unsized(struct ledger *l, const struct record *r, uint32_t row)
{
	struct message *m;

	if (l->options.compat && !l->options.no_unsized && row) {
		m = message_of(l, r->queue, true);
		m->unsized = row;
	}
	detail_add(l, r->queue, SPAN("(sender not in log)"));
}

static void on_sent(struct ledger *l, const struct record *r,
	struct span recipient, struct span domain)
{
	bool compat = l->options.compat;
	double delay = number_of(r->delay);
	const struct message *m;
	uint64_t size = 0;
	uint32_t row;

	if (SPAN_FIND_BY(r->rest, "forwarded as ", 3)) {
		l->total.forwarded++;
		return;
	}
	if (!compat && is_hop(l, r))
		return;
	m = message_of(l, r->queue, false);
	if (m && m->sized)
		size = m->size;
	row = party_add(l->recipient_domains, domain, size);
	if (row) {
		struct target *t = tally_value(l->recipient_domains, row - 1);

		t->delays += delay;
		target_delay(t, delay, r->delay);
	}
	row = party_add(l->recipients, recipient, size);
	l->total.delivered++;
	l->total.bytes_delivered += size;
	traffic_count(l, TRAFFIC_DELIVERED);
	if (!m || !m->sized)
		unsized(l, r, row);
	detail_add(l, r->queue, recipient);
	if (!compat)
		delays_count(l, r, delay);
}

/* What stands in the brackets behind the status. */
static struct span deferral_reason(struct ledger *l, struct span log)
{
	struct span in = log;
	const char *p, *close;

	while ((p = SPAN_FIND_BY(in, ", status=deferred (", 8))) {
		in = span_from(in, p + 19);
		close = span_char(in, ')');
		if (!in.n || close == in.at)
			continue;
		if (close)
			in.n = (size_t)(close - in.at);
		if (l->options.verbose)
			return in;
		in = reject_without_code(
			reject_cut_said(in, 65, scratch(l, 65)));
		(void)SPAN_SKIP(&in, "connect to ");
		return in;
	}
	return (struct span){log.at, 0};
}

static struct span bounce_reason(struct ledger *l, struct span log)
{
	const char *p = SPAN_FIND_BY(log, ", status=bounced (", 8), *close;
	struct span in;

	if (!p)
		return (struct span){log.at, 0};
	in = span_from(log, p + 18);
	close = span_last(in, SPAN(")"));
	if (!close || close == in.at)
		return (struct span){log.at, 0};
	in = span_between(in.at, close);
	if (l->options.verbose)
		return in;
	return reject_without_code(reject_cut_said(in, 66, scratch(l, 66)));
}

static void on_deferred(
	struct ledger *l, const struct record *r, struct span domain)
{
	struct message *m = message_of(l, r->queue, true);
	uint32_t row = tally_row(l->recipient_domains, domain);

	if (!l->options.no_deferrals)
		causes_add(l->deferrals, SPAN(""), r->program,
			deferral_reason(l, r->log));
	l->total.deferrals++;
	if (!m->deferred)
		l->total.deferred++;
	m->deferred = true;
	traffic_count(l, TRAFFIC_DEFERRED);
	if (row != TALLY_NONE) {
		struct target *t = tally_value(l->recipient_domains, row);

		t->deferrals++;
		target_delay(t, number_of(r->delay), r->delay);
	}
}

static void on_delivery(struct ledger *l, const struct record *r)
{
	struct span recipient = address_name(l, r->recipient);
	struct span domain = address_domain(recipient);

	if (SPAN_IS(r->status, "sent")) {
		on_sent(l, r, recipient, domain);
	} else if (SPAN_IS(r->status, "deferred")) {
		on_deferred(l, r, domain);
	} else if (SPAN_IS(r->status, "bounced")) {
		struct span relay = r->relay;

		if (l->options.ignore_case)
			relay = address_lower(relay, scratch(l, relay.n));
		if (!l->options.no_bounces)
			causes_add(l->bounces, SPAN(""), relay,
				bounce_reason(l, r->log));
		l->total.bounced++;
		traffic_count(l, TRAFFIC_BOUNCED);
	}
}

/* Refusals */

static void action_count(struct ledger *l, enum record_action action)
{
	uint64_t *const totals[RECORD_ACTIONS] = {
		[RECORD_REJECT] = &l->total.rejected,
		[RECORD_REJECT_WARNING] = &l->total.reject_warnings,
		[RECORD_HOLD] = &l->total.held,
		[RECORD_DISCARD] = &l->total.discarded,
	};

	++*totals[action];
	/* pflogsumm has all four in this column; only one belongs there. */
	if (l->options.compat || action == RECORD_REJECT)
		traffic_count(l, TRAFFIC_REJECTED);
}

static void on_refused(struct ledger *l, const struct record *r)
{
	const struct ledger_options *o = &l->options;
	struct reject_options how = {.compat = o->compat,
		.verbose = o->verbose,
		.with_sender = o->with_sender,
		.ignore_case = o->ignore_case,
		.verp = o->verp,
		.verp_level = o->verp_level};
	struct span reason, who;

	action_count(l, r->action);
	if (o->no_rejects)
		return;
	reject_explain(r, &how, &reason, &who,
		scratch(l, 4 * r->rest.n + 2 * r->client.n + 64));
	causes_add(l->refused[r->action], r->reason, reason, who);
}

static void on_checked(struct ledger *l, const struct record *r)
{
	if (!l->options.no_rejects)
		causes_add(l->refused[r->action], r->program, r->reason,
			reject_checked(
				r->rest, l->options.verbose, scratch(l, 64)));
	action_count(l, r->action);
}

static void on_said(struct ledger *l, const struct record *r)
{
	struct span text = r->rest;

	if (r->kind == RECORD_MASTER) {
		causes_add(l->masters, SPAN(""), SPAN(""), text);
		return;
	}
	if (r->kind == RECORD_WARNING && !l->options.compat && r->address.n)
		attack_count(l, r);
	if (!l->options.verbose)
		text = reject_cut(text, 66, scratch(l, 66));
	if (r->kind == RECORD_FATAL)
		causes_add(l->fatals, SPAN(""), r->program, text);
	else if (r->kind == RECORD_PANIC)
		causes_add(l->panics, SPAN(""), r->program, text);
	else if (!(SPAN_IS(r->program, "smtpd") &&
			 l->options.no_smtpd_warnings))
		causes_add(l->warnings, SPAN(""), r->program, text);
}

/* Connections */

static void connected_add(struct connected *c, int64_t seconds)
{
	c->party.count++;
	c->party.size += (uint64_t)seconds;
	if (seconds > c->most)
		c->most = seconds;
}

static void on_disconnect(struct ledger *l, const struct record *r)
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
	day = day_of(l, &s->day);
	if (day) {
		day->connected_to = true;
		connected_add(&day->connected, seconds);
	}
	host = host_domain(
		r->client, l->options.compat, scratch(l, r->client.n));
	row = tally_row(l->connected_domains, host);
	if (row != TALLY_NONE)
		connected_add(tally_value(l->connected_domains, row), seconds);
	l->total.connections++;
	l->total.connected += seconds;
}

static void on_connect(struct ledger *l, const struct record *r)
{
	uint32_t row = tally_row(l->state->connections, r->pid);
	struct connection *c;

	if (row == TALLY_NONE)
		return;
	c = tally_value(l->state->connections, row);
	c->when = l->state->when;
	c->open = true;
}

static void queue_note(struct ledger *l)
{
	struct hourly *hourly = hourly_of(l);
	uint32_t n = messages_size(l->messages);

	if (hourly && n > hourly->queue)
		hourly->queue = n;
}

static void on_removed(struct ledger *l, const struct record *r)
{
	const struct message *m = message_of(l, r->queue, false);

	queue_note(l);
	if (m)
		messages_remove(l->messages, r->queue);
}

static void count(struct ledger *l, const struct record *r)
{
	switch (r->kind) {
	case RECORD_RECEIVED:
		return on_received(l, r);
	case RECORD_QUEUED:
		return on_queued(l, r);
	case RECORD_DELIVERY:
		return on_delivery(l, r);
	case RECORD_EXPIRED:
		l->total.expired++;
		return;
	case RECORD_REMOVED:
		return on_removed(l, r);
	case RECORD_REFUSED:
		return on_refused(l, r);
	case RECORD_CHECKED:
		return on_checked(l, r);
	case RECORD_WARNING:
	case RECORD_FATAL:
	case RECORD_PANIC:
	case RECORD_MASTER:
		return on_said(l, r);
	case RECORD_CONNECT:
		if (l->options.connections)
			on_connect(l, r);
		return;
	case RECORD_DISCONNECT:
		if (l->options.connections)
			on_disconnect(l, r);
		return;
	case RECORD_UNREACHED:
		if (!l->options.no_failures)
			causes_add(l->failures, SPAN(""),
				address_lower(
					r->reason, scratch(l, r->reason.n)),
				r->relay);
		return;
	case RECORD_SAVED:
		l->total.saved++;
		return;
	case RECORD_LOGIN:
		return login_count(l);
	case RECORD_ATTACK:
		return attack_count(l, r);
	case RECORD_BAN:
		return ban_count(l, r);
	case RECORD_UNKNOWN:
		causes_add(l->unknown, SPAN(""), SPAN(""), r->program);
		l->total.unknown++;
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
	record_parse(line, o->name, r);
	if (r->kind == RECORD_OTHER)
		return false;
	when_local(&l->state->clock, line->time, &l->state->when);
	return true;
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
	day_change(l);
	count(l, r);
}
