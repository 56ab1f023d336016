/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What became of each recipient's copy of a message: delivered, deferred or
 * returned, where to, how long that took, and why not.
 */
#include <stdlib.h>

#include "ledger/address.h"
#include "ledger/mail_parts.h"

static bool is_loopback(struct span host)
{
	const char *open;

	while ((open = span_char(host, '['))) {
		host = span_from(host, open + 1);
		if (SPAN_STARTS(host, "127.") || SPAN_STARTS(host, "::1]"))
			return true;
	}
	return false;
}

/* As Perl takes text for a number: what can be read in front. */
static double number_of(struct span in)
{
	static const double tens[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
	char text[64];
	uint64_t v = 0;
	size_t n = in.n, i, point = 0;

	for (i = 0; i < n && i < 15; i++) {
		if (byte_is_digit(in.at[i]))
			v = v * 10 + (uint64_t)(in.at[i] - '0');
		else if (in.at[i] == '.' && !point)
			point = i + 1;
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
	const struct message *first;
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
	m = accounts_message(l, (struct span){rest.at, n}, false);
	if (!m || !(m->received || m->hop))
		return false;
	mail_uncount(l, m);
	first = accounts_own(l, r, false);
	if (first)
		mail_owner_pass(l, first, m);
	return true;
}

static void unsized(struct ledger *l, const struct record *r, uint32_t row)
{
	uint32_t message;

	if (l->options.compat && !l->options.no_unsized && row) {
		message = tally_row(l->unsized, r->queue);
		if (message != TALLY_NONE)
			*(uint32_t *)tally_value(l->unsized, message) = row - 1;
	}
	accounts_detail(l, r->queue, SPAN("(sender not in log)"));
}

static void on_sent(
	struct ledger *l, const struct record *r, struct span recipient)
{
	bool compat = l->options.compat;
	const struct message *m;
	uint64_t size = 0;
	uint32_t row, target;
	double delay;

	if (SPAN_FIND_BY(r->rest, "forwarded as ", 3)) {
		l->total.forwarded++;
		return;
	}
	if (!compat && is_hop(l, r))
		return;
	m = accounts_own(l, r, false);
	if (m && m->sized)
		size = m->size;
	l->total.delivered++;
	l->total.bytes_delivered += size;
	if (l->options.totals)
		return;
	delay = number_of(r->delay);
	row = accounts_party(l->recipients, recipient, size);
	target = mail_count_domain(l->recipient_domains,
		row ? tally_value(l->recipients, row - 1) : NULL,
		address_domain(recipient), size);
	if (target) {
		struct target *t =
			tally_value(l->recipient_domains, target - 1);

		t->delays += delay;
		target_delay(t, delay, r->delay);
	}
	traffic_count(l, TRAFFIC_DELIVERED);
	if (!m || !m->sized)
		unsized(l, r, row);
	accounts_detail(l, r->queue, recipient);
	if (!compat && !l->options.plain)
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
		/* First, so that the host fits where it can. */
		if (!l->options.compat)
			(void)SPAN_SKIP(&in, "connect to ");
		in = reject_without_code(reject_cut_said(
			in, 65, l->options.compat, accounts_room(l, 65)));
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
	close = SPAN_LAST(in, ")");
	if (!close || close == in.at)
		return (struct span){log.at, 0};
	in = span_between(in.at, close);
	if (l->options.verbose)
		return in;
	return reject_without_code(reject_cut_said(
		in, 66, l->options.compat, accounts_room(l, 66)));
}

static void on_deferred(
	struct ledger *l, const struct record *r, struct span recipient)
{
	struct message *m = accounts_own(l, r, true);
	uint32_t row;

	l->total.deferrals++;
	if (!m->deferred)
		l->total.deferred++;
	m->deferred = true;
	if (l->options.totals)
		return;
	if (!l->options.no_deferrals)
		causes_add(l->deferrals, SPAN(""), r->program,
			deferral_reason(l, r->log));
	traffic_count(l, TRAFFIC_DEFERRED);
	row = tally_row(l->recipient_domains, address_domain(recipient));
	if (row != TALLY_NONE) {
		struct target *t = tally_value(l->recipient_domains, row);

		t->deferrals++;
		target_delay(t, number_of(r->delay), r->delay);
	}
}

static void on_bounced(struct ledger *l, const struct record *r)
{
	struct span relay = r->relay;

	l->total.bounced++;
	if (l->options.totals)
		return;
	if (l->options.ignore_case)
		relay = address_lower(relay, accounts_room(l, relay.n));
	if (!l->options.no_bounces)
		causes_add(
			l->bounces, SPAN(""), relay, bounce_reason(l, r->log));
	traffic_count(l, TRAFFIC_BOUNCED);
}

void mail_delivery(struct ledger *l, const struct record *r)
{
	struct span recipient = r->recipient;

	if (!l->options.totals)
		recipient = accounts_address(l, recipient);
	if (SPAN_IS(r->status, "sent")) {
		on_sent(l, r, recipient);
	} else if (SPAN_IS(r->status, "deferred")) {
		on_deferred(l, r, recipient);
	} else if (SPAN_IS(r->status, "bounced")) {
		on_bounced(l, r);
	}
}
