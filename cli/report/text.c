/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report as pflogsumm writes it: the same sections, columns and widths, so
 * that whoever reads it, a person or a script of twenty years, finds each
 * figure where it was. With --compat not a byte is otherwise.
 */
#include "cli/report/page.h"
#include "cli/report/live.h"

#include <inttypes.h>

/* "%5.1f " and its unit. */
static void print_delay(FILE *to, double value)
{
	char unit = 's';

	if (value > 3600) {
		value /= 3600;
		unit = 'h';
	} else if (value > 60) {
		value /= 60;
		unit = 'm';
	}
	fprintf(to, "%5.1f %c", value, unit);
}

static void print_total(const struct page *p, uint64_t value, const char *label)
{
	fputc(' ', p->to);
	page_count(p->to, value);
	fprintf(p->to, "  %s\n", label);
}

static void print_share(const struct page *p, uint64_t value, const char *label)
{
	const struct counter *t = &p->l->total;
	uint64_t all = t->delivered + t->rejected + t->discarded;

	fputc(' ', p->to);
	page_count(p->to, value);
	fprintf(p->to, "  %s (%d%%)\n", label,
		all ? (int)((double)value / (double)all * 100) : 0);
}

/* Names that count: a hop's own are taken back to none. */
static uint64_t parties(const struct tally *t)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < tally_size(t); i++)
		n += ((const struct party *)tally_value(t, i))->count > 0;
	return n;
}

/* What pflogsumm knows nothing of; where there is none of it neither does a
 * report of a log. */
static void print_logins(const struct page *p)
{
	const struct counter *t = &p->l->total;

	if (p->l->options.compat ||
		!(p->o->live || t->saved || t->logins || t->attacks || t->bans))
		return;
	fputc('\n', p->to);
	print_total(p, t->saved, "put into mailboxes");
	print_total(p, t->logins, "logins");
	print_total(p, t->attacks, "failed logins");
	print_total(p, t->bans, "bans");
}

static void print_totals(const struct page *p)
{
	const struct ledger *l = p->l;
	const struct counter *t = &l->total;

	page_title(p->to, "Grand Totals");
	fputs("messages\n\n", p->to);
	print_total(p, t->received, "received");
	print_total(p, t->delivered, "delivered");
	print_total(p, t->forwarded, "forwarded");
	fputc(' ', p->to);
	page_count(p->to, t->deferred);
	fputs("  deferred", p->to);
	if (t->deferrals) {
		fputs("  (", p->to);
		page_units(p->to, (double)t->deferrals, 0);
		fputs(" deferrals)", p->to);
	}
	fputc('\n', p->to);
	print_total(p, t->bounced, "bounced");
	if (t->expired)
		print_total(p, t->expired, "expired, returned to sender");
	print_share(p, t->rejected, "rejected");
	print_total(p, t->reject_warnings, "reject warnings");
	print_total(p, t->held, "held");
	print_share(p, t->discarded, "discarded");
	fputc('\n', p->to);
	print_total(p, t->bytes_received, "bytes received");
	print_total(p, t->bytes_delivered, "bytes delivered");
	if (!p->o->live) {
		print_total(p, parties(l->senders), "senders");
		print_total(
			p, parties(l->sender_domains), "sending hosts/domains");
		print_total(p, parties(l->recipients), "recipients");
		print_total(p, parties(l->recipient_domains),
			"recipient hosts/domains");
	}
	print_logins(p);
}

static bool print_day(const struct page *p, const struct tally *t, uint32_t row)
{
	const struct day *day = tally_value(t, row);
	int columns = p->l->options.compat ? day->columns : TRAFFIC_COLUMNS;

	if (!day->filled)
		return false;
	page_date(p, day);
	for (int c = 0; c < columns; c++) {
		fputs("    ", p->to);
		page_count(p->to, day->traffic.n[c]);
	}
	fputc('\n', p->to);
	return true;
}

static void print_days(const struct page *p)
{
	page_title(p->to, "Per-Day Traffic Summary");
	fputs("    date          received  delivered   deferred    bounced"
	      "     rejected\n" PAGE_RULE "\n",
		p->to);
	page_rows(p, p->l->days, report_by_day, -1, print_day);
}

static void print_hours(const struct page *p)
{
	page_title(p->to, p->days > 1 ? "Per-Hour Traffic Daily Average"
				      : "Per-Hour Traffic Summary");
	fputs("    time          received  delivered   deferred    bounced"
	      "     rejected\n" PAGE_RULE "\n",
		p->to);
	for (int hour = 0; hour < 24; hour++) {
		page_hour(p, hour);
		for (int c = 0; c < TRAFFIC_COLUMNS; c++) {
			double value = (double)p->l->hours[hour].n[c];

			if (p->days)
				value = value / p->days + 0.5;
			fputs("    ", p->to);
			page_units(p->to, value, 6);
		}
		fputc('\n', p->to);
	}
}

/* "     3     1024k  " */
static void print_party(const struct page *p, const struct party *party)
{
	fputc(' ', p->to);
	page_count(p->to, party->count);
	fputs("  ", p->to);
	page_count(p->to, party->size);
	fputs("  ", p->to);
}

static void print_name(const struct page *p, struct span name)
{
	page_name(p, name);
	fputc('\n', p->to);
}

static bool print_target(
	const struct page *p, const struct tally *t, uint32_t row)
{
	const struct target *target = tally_value(t, row);
	double count = (double)target->party.count;

	print_party(p, &target->party);
	page_count(p->to, target->deferrals);
	fputs("  ", p->to);
	print_delay(p->to, count > 0 ? target->delays / count : 0);
	fputs("  ", p->to);
	print_delay(p->to, target->delay_most);
	fputs("  ", p->to);
	print_name(p, tally_name(t, row));
	return true;
}

static void print_targets(const struct page *p)
{
	page_hosts(p, "Host/Domain Summary: Message Delivery",
		" sent cnt  bytes   defers   avg dly max dly host/domain\n"
		" -------- -------  -------  ------- ------- -----------\n",
		p->l->recipient_domains, print_target);
}

static bool print_source(
	const struct page *p, const struct tally *t, uint32_t row)
{
	const struct party *party = tally_value(t, row);

	if (!party->count)
		return false;
	print_party(p, party);
	print_name(p, tally_name(t, row));
	return true;
}

static void print_sources(const struct page *p)
{
	page_hosts(p, "Host/Domain Summary: Messages Received",
		" msg cnt   bytes   host/domain\n"
		" -------- -------  -----------\n",
		p->l->sender_domains, print_source);
}

static bool print_user(const struct page *p, const struct tally *t,
	uint32_t row, uint64_t value)
{
	const struct party *party = tally_value(t, row);

	if (!party->count)
		return false;
	fputc(' ', p->to);
	page_count(p->to, value);
	fputs("  ", p->to);
	print_name(p, tally_name(t, row));
	return true;
}

static bool print_user_count(
	const struct page *p, const struct tally *t, uint32_t row)
{
	return print_user(
		p, t, row, ((const struct party *)tally_value(t, row))->count);
}

static bool print_user_size(
	const struct page *p, const struct tally *t, uint32_t row)
{
	return print_user(
		p, t, row, ((const struct party *)tally_value(t, row))->size);
}

static void print_users(const struct page *p, const struct tally *t,
	const char *text, bool by_size)
{
	int64_t most = p->o->lists[REPORT_USERS];
	char title[96];

	if (most == 0)
		return;
	if (most > 0)
		snprintf(
			title, sizeof(title), "top %" PRId64 " %s", most, text);
	else
		snprintf(title, sizeof(title), "%s", text);
	if (!page_head(p, title, tally_size(t) == 0))
		return;
	page_rows(p, t, by_size ? report_by_user_size : report_by_user_count,
		most, by_size ? print_user_size : print_user_count);
}

static bool print_unsized_row(
	const struct page *p, const struct tally *t, uint32_t row)
{
	uint32_t whose = *(uint32_t *)tally_value(t, row);

	fputc(' ', p->to);
	page_name(p, tally_name(t, row));
	fputs("  ", p->to);
	print_name(p, tally_name(p->l->recipients, whose));
	return true;
}

/* What pflogsumm's own way of counting sizes leaves over. */
static void print_unsized(const struct page *p)
{
	const struct tally *t = p->l->unsized;

	if (tally_size(t))
		page_title(p->to, "Messages with no size data");
	page_rows(p, t, report_by_name, -1, print_unsized_row);
}

void report_text(const struct ledger *l, const struct report_options *o,
	const char *const *faults, FILE *to)
{
	struct page page = {l, o, to, ledger_day_count(l)}, *p = &page;

	for (char **c = o->changes; c && *c; c++)
		fprintf(to, "%s\n", *c);
	if (o->changes)
		fputc('\n', to);
	for (; *faults; faults++)
		fprintf(to, "incomplete: %s\n", *faults);
	if (o->day)
		fprintf(to, "Postfix log summaries for %s\n", o->date);
	print_totals(p);
	if (l->options.connections)
		page_connections(p);
	fputc('\n', to);
	if (o->problems_first && !o->live)
		page_problems(p);
	if (p->days > 1)
		print_days(p);
	print_hours(p);
	if (o->live)
		return report_live_text(o->live, to);
	print_targets(p);
	print_sources(p);
	if (l->options.connections)
		page_connected(p);
	print_users(p, l->senders, "Senders by message count", false);
	print_users(p, l->recipients, "Recipients by message count", false);
	print_users(p, l->senders, "Senders by message size", true);
	print_users(p, l->recipients, "Recipients by message size", true);
	if (l->options.compat)
		print_unsized(p);
	if (!o->problems_first)
		page_problems(p);
	if (!l->options.compat && l->total.unknown)
		page_unknown(p);
	if (l->options.per_message)
		page_details(p);
}
