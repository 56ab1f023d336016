/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines as records and in the accounts: the parts of a record lie in its line,
 * no line is lost, and what is told twice (in all, by the hour, by the day, by
 * name, by the daemon's short way) is told the same.
 */
#include <string.h>

#include "ledger/attacks.h"
#include "ledger/ledger.h"
#include "ledger/sign.h"
#include "lib/line.h"
#include "sources/header.h"
#include "tests/fuzz/fuzz.h"

#define PART(member) offsetof(struct record, member)

/* What the kinds say that they set; 0 ends a list, program is in all. */
static const size_t parts[RECORD_KINDS][8] = {
	[RECORD_RECEIVED] = {PART(queue), PART(client), PART(origin),
		PART(account)},
	[RECORD_MESSAGE_ID] = {PART(queue), PART(message_id)},
	[RECORD_QUEUED] = {PART(queue), PART(sender), PART(size), PART(nrcpt)},
	[RECORD_DELIVERY] = {PART(queue), PART(recipient), PART(orig_to),
		PART(relay), PART(delay), PART(status), PART(rest)},
	[RECORD_EXPIRED] = {PART(queue)},
	[RECORD_REMOVED] = {PART(queue)},
	[RECORD_REFUSED] = {PART(reason), PART(client), PART(rest)},
	[RECORD_CHECKED] = {PART(reason), PART(rest)},
	[RECORD_WARNING] = {PART(rest), PART(address)},
	[RECORD_FATAL] = {PART(rest)},
	[RECORD_PANIC] = {PART(rest)},
	[RECORD_MASTER] = {PART(rest)},
	[RECORD_CONNECT] = {PART(pid), PART(client)},
	[RECORD_DISCONNECT] = {PART(pid), PART(client)},
	[RECORD_UNREACHED] = {PART(relay), PART(reason)},
	[RECORD_SAVED] = {PART(message_id)},
	[RECORD_LOGIN] = {PART(account), PART(address)},
	[RECORD_ATTACK] = {PART(account), PART(address)},
	[RECORD_BAN] = {PART(account), PART(address)},
};

/* More names than an input has, so that none is lost. */
#define ROWS 4096

static const struct ledger_options ways[] = {
	{.most = ROWS, .connections = true, .per_message = true},
	{.most = ROWS, .totals = true},
	{.compat = true, .connections = true, .zero_fill = true},
	{.compat = true,
		.ignore_case = true,
		.uucp = true,
		.verbose = true,
		.with_sender = true,
		.verp = true,
		.verp_level = 2,
		.per_message = true},
	{.most = 2, .verbose = true, .with_sender = true, .name = {"mx", 2}},
};

enum { PLAIN, TOTALS, WAYS = sizeof(ways) / sizeof(*ways) };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_hold("Europe/Berlin");
	return 0;
}

static void check_record(const struct record *r, const char *text, size_t n)
{
	must(r->kind < RECORD_KINDS);
	if (r->kind == RECORD_OTHER)
		return;
	must(r->log.at >= text && span_end(r->log) <= text + n);
	for (const size_t *part = parts[r->kind]; *part; part++) {
		struct span s;

		memcpy(&s, (const char *)r + *part, sizeof(s));
		must(s.at >= text && s.n <= n && s.at + s.n <= text + n);
	}
}

static void check_sign(const struct line *line, const struct record *r)
{
	struct span who, tag = {line->tag, line->tag_len};
	enum sign sign = SIGN_NONE;

	if (SPAN_STARTS(tag, "postfix"))
		sign = sign_of_postfix(r, &who);
	else if (SPAN_STARTS(tag, "dovecot"))
		sign = sign_of_dovecot(r, &who);
	if (sign != SIGN_NONE)
		must(who.at >= line->text &&
			span_end(who) <= line->text + line->text_len);
}

/* One line, at the very end of its memory, so that a byte too far is seen. */
static void read_line(struct ledger *const ledgers[WAYS],
	struct attacks *attacks, struct header_clock *clock,
	const uint8_t *data, size_t n)
{
	char *text = malloc(n ? n : 1);
	struct record record;
	struct line line;

	memcpy(text, data, n);
	header_cut(text, n, clock, &line);
	record_parse(&line, SPAN(""), &record);
	check_record(&record, text, n);
	check_sign(&line, &record);
	attacks_record(attacks, &record, line.time);
	for (size_t i = 0; i < WAYS; i++)
		ledger_line(ledgers[i], &line, NULL);
	free(text);
}

static uint64_t sum_of(const struct tally *names)
{
	uint64_t sum = tally_lost(names);

	for (uint32_t i = 0; i < tally_size(names); i++)
		sum += ((const struct party *)tally_value(names, i))->count;
	return sum;
}

static void check_columns(const struct ledger *l)
{
	const uint64_t totals[TRAFFIC_COLUMNS] = {l->total.received,
		l->total.delivered, l->total.deferrals, l->total.bounced,
		l->total.rejected};

	for (size_t c = 0; c < TRAFFIC_COLUMNS; c++) {
		uint64_t by_hour = 0, by_day = 0;

		for (size_t h = 0; h < 24; h++)
			by_hour += l->hours[h].n[c];
		for (uint32_t d = 0; d < tally_size(l->days); d++)
			by_day += ((const struct day *)tally_value(l->days, d))
					  ->traffic.n[c];
		must(by_hour == totals[c]);
		must(by_day == totals[c]);
	}
	must(sum_of(l->recipients) == l->total.delivered);
	must(sum_of(l->recipient_domains) == l->total.delivered);
}

static void check_totals(const struct counter *a, const struct counter *b)
{
	must(a->mail == b->mail && a->unknown == b->unknown);
	must(a->received == b->received && a->delivered == b->delivered);
	must(a->forwarded == b->forwarded && a->bounced == b->bounced);
	must(a->deferred == b->deferred && a->deferrals == b->deferrals);
	must(a->expired == b->expired && a->rejected == b->rejected);
	must(a->held == b->held && a->discarded == b->discarded);
	must(a->bytes_received == b->bytes_received);
	must(a->bytes_delivered == b->bytes_delivered);
	must(a->logins == b->logins && a->attacks == b->attacks);
	must(a->saved == b->saved && a->bans == b->bans);
}

/* Several lines, of which the later are of the messages of the earlier. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ledger *ledgers[WAYS];
	struct attacks *attacks = attacks_new(16);
	struct header_clock clock = {0};
	uint64_t lines = 0;

	for (size_t i = 0; i < WAYS; i++)
		ledgers[i] = ledger_new(&ways[i]);
	for (; n; lines++) {
		const uint8_t *end = memchr(data, '\n', n);
		size_t len = end ? (size_t)(end - data) : n;

		read_line(ledgers, attacks, &clock, data, len);
		data += len + !!end;
		n -= len + !!end;
	}
	for (size_t i = 0; i < WAYS; i++) {
		const struct counter *t = &ledgers[i]->total;

		must(t->lines == lines);
		must(t->mail + t->undated <= lines && t->unknown <= t->mail);
	}
	check_columns(ledgers[PLAIN]);
	check_totals(&ledgers[PLAIN]->total, &ledgers[TOTALS]->total);
	for (size_t i = 0; i < WAYS; i++)
		ledger_free(&ledgers[i]);
	attacks_free(&attacks);
	return 0;
}
