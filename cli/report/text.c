/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report as pflogsumm writes it: the same sections, columns and widths, so
 * that whoever reads it, a person or a script of twenty years, finds each
 * figure where it was. With --compat not a byte is otherwise.
 */
#include "cli/report/page.h"
#include "cli/report/live.h"

#include <inttypes.h>
#include <stdlib.h>

#define RULE \
	"    --------------------------------------------------------------------"

static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May",
	"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

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
	if (p->o->live) {
		fputc('\n', p->to);
		print_total(p, t->saved, "put into mailboxes");
		print_total(p, t->logins, "logins");
		print_total(p, t->attacks, "failed logins");
		print_total(p, t->bans, "bans");
		return;
	}
	print_total(p, parties(l->senders), "senders");
	print_total(p, parties(l->sender_domains), "sending hosts/domains");
	print_total(p, parties(l->recipients), "recipients");
	print_total(
		p, parties(l->recipient_domains), "recipient hosts/domains");
}

static void print_connected_time(FILE *to, double seconds)
{
	int64_t hours = (int64_t)(seconds / 3600), minutes;

	seconds -= (double)hours * 3600;
	minutes = (int64_t)(seconds / 60);
	seconds -= (double)minutes * 60;
	fprintf(to, "%2" PRId64 ":%02" PRId64 ":%02" PRId64, hours, minutes,
		(int64_t)seconds);
}

static void print_connections(const struct page *p)
{
	const struct counter *t = &p->l->total;
	int64_t mean = 0;

	fputs("\nsmtpd\n\n  ", p->to);
	page_count(p->to, t->connections);
	fputs("  connections\n  ", p->to);
	page_count(p->to, tally_size(p->l->connected_domains));
	if (t->connections)
		mean = (int64_t)((double)t->connected / (double)t->connections +
				 .5);
	fprintf(p->to, "  hosts/domains\n  %6" PRId64, mean);
	fputs("   avg. connect time (seconds)\n ", p->to);
	print_connected_time(p->to, (double)t->connected);
	fputs("  total connect time\n", p->to);
}

static void print_date(const struct page *p, const struct day *day)
{
	int month = day->month < 0 ? 11 : day->month;

	if (p->o->iso)
		fprintf(p->to, "    %04d-%02d-%02d ", day->year, day->month + 1,
			day->day);
	else if (day->year == 0) /* before any day began */
		fprintf(p->to, "    %s %2d ", month_names[0], 0);
	else
		fprintf(p->to, "    %s %2d %d",
			month < 12 ? month_names[month] : "", day->day,
			day->year);
}

static void print_hour(const struct page *p, int hour)
{
	if (p->o->iso)
		fprintf(p->to, "    %02d:00-%02d:00", hour, hour + 1);
	else
		fprintf(p->to, "    %02d00-%02d00  ", hour, hour + 1);
}

static void print_days(const struct page *p)
{
	uint32_t *order = tally_sorted(p->l->days, report_by_day);

	page_title(p->to, "Per-Day Traffic Summary");
	fputs("    date          received  delivered   deferred    bounced"
	      "     rejected\n" RULE "\n",
		p->to);
	for (uint32_t i = 0; i < tally_size(p->l->days); i++) {
		const struct day *day = tally_value(p->l->days, order[i]);
		int columns =
			p->l->options.compat ? day->columns : TRAFFIC_COLUMNS;

		if (!day->filled)
			continue;
		print_date(p, day);
		for (int c = 0; c < columns; c++) {
			fputs("    ", p->to);
			page_count(p->to, day->traffic.n[c]);
		}
		fputc('\n', p->to);
	}
	free(order);
}

static void print_hours(const struct page *p)
{
	page_title(p->to, p->days > 1 ? "Per-Hour Traffic Daily Average"
				      : "Per-Hour Traffic Summary");
	fputs("    time          received  delivered   deferred    bounced"
	      "     rejected\n" RULE "\n",
		p->to);
	for (int hour = 0; hour < 24; hour++) {
		print_hour(p, hour);
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

/* " (top 5)" in a title; the blank stands there in any case. */
static void print_top_title(
	const struct page *p, const char *text, int64_t most)
{
	char title[96];

	if (most > 0)
		snprintf(title, sizeof(title), "%s (top %" PRId64 ")", text,
			most);
	else
		snprintf(title, sizeof(title), "%s ", text);
	page_title(p->to, title);
}

static void print_targets(const struct page *p)
{
	const struct tally *t = p->l->recipient_domains;
	int64_t left = p->o->lists[REPORT_HOSTS];
	uint32_t *order;

	if (left == 0)
		return;
	print_top_title(p, "Host/Domain Summary: Message Delivery", left);
	fputs(" sent cnt  bytes   defers   avg dly max dly host/domain\n"
	      " -------- -------  -------  ------- ------- -----------\n",
		p->to);
	order = tally_sorted(t, report_by_count);
	for (uint32_t i = 0; i < tally_size(t); i++) {
		const struct target *row = tally_value(t, order[i]);

		fputc(' ', p->to);
		page_count(p->to, row->party.count);
		fputs("  ", p->to);
		page_count(p->to, row->party.size);
		fputs("  ", p->to);
		page_count(p->to, row->deferrals);
		fputs("  ", p->to);
		print_delay(
			p->to, row->party.count
				       ? row->delays / (double)row->party.count
				       : 0);
		fputs("  ", p->to);
		print_delay(p->to, row->delay_most);
		fputs("  ", p->to);
		page_name(p->to, tally_name(t, order[i]));
		fputc('\n', p->to);
		if (--left == 0)
			break;
	}
	free(order);
}

static void print_sources(const struct page *p)
{
	const struct tally *t = p->l->sender_domains;
	int64_t left = p->o->lists[REPORT_HOSTS];
	uint32_t *order;

	if (left == 0)
		return;
	print_top_title(p, "Host/Domain Summary: Messages Received", left);
	fputs(" msg cnt   bytes   host/domain\n"
	      " -------- -------  -----------\n",
		p->to);
	order = tally_sorted(t, report_by_count);
	for (uint32_t i = 0; i < tally_size(t); i++) {
		const struct party *row = tally_value(t, order[i]);

		if (!row->count)
			break;
		fputc(' ', p->to);
		page_count(p->to, row->count);
		fputs("  ", p->to);
		page_count(p->to, row->size);
		fputs("  ", p->to);
		page_name(p->to, tally_name(t, order[i]));
		fputc('\n', p->to);
		if (--left == 0)
			break;
	}
	free(order);
}

static void print_connected_days(const struct page *p)
{
	uint32_t *order = tally_sorted(p->l->days, report_by_day);

	page_title(p->to, "Per-Day SMTPD Connection Summary");
	fputs("    date        connections    time conn.    avg./conn.   max. "
	      "time\n" RULE "\n",
		p->to);
	for (uint32_t i = 0; i < tally_size(p->l->days); i++) {
		const struct day *day = tally_value(p->l->days, order[i]);
		const struct connected *c = &day->connected;
		double seconds = (double)(int64_t)c->party.size;

		if (!day->connected_to)
			continue;
		print_date(p, day);
		fputs("   ", p->to);
		page_count(p->to, c->party.count);
		fputs("       ", p->to);
		print_connected_time(p->to, seconds);
		fprintf(p->to, "      %6" PRId64 "s      %6" PRId64 "s\n",
			(int64_t)(seconds / (double)c->party.count + .5),
			c->most);
	}
	free(order);
}

static void print_connected_hours(const struct page *p)
{
	bool average = p->days > 1;

	if (average) {
		page_title(p->to, "Per-Hour SMTPD Connection Daily Average");
		fputs("    hour        connections    time conn.\n"
		      "    -------------------------------------\n",
			p->to);
	} else {
		page_title(p->to, "Per-Hour SMTPD Connection Summary");
		fputs("    hour        connections    time conn.    avg./conn."
		      "   max. time\n" RULE "\n",
			p->to);
	}
	for (int hour = 0; hour < 24; hour++) {
		const struct connected *c = &p->l->connected_hours[hour];
		double count = (double)c->party.count;
		double seconds = (double)(int64_t)c->party.size;
		int64_t mean;

		if (!c->party.count)
			continue;
		mean = (int64_t)(seconds / count + .5);
		if (average) {
			count = count / p->days + .5;
			seconds = seconds / p->days + .5;
		}
		print_hour(p, hour);
		fputs("   ", p->to);
		page_units(p->to, count, 6);
		fputs("       ", p->to);
		print_connected_time(p->to, seconds);
		if (!average)
			fprintf(p->to, "      %6" PRId64 "s      %6" PRId64 "s",
				mean, c->most);
		fputc('\n', p->to);
	}
}

static void print_connected_domains(const struct page *p)
{
	const struct tally *t = p->l->connected_domains;
	int64_t left = p->o->lists[REPORT_HOSTS];
	uint32_t *order;

	if (left == 0)
		return;
	print_top_title(p, "Host/Domain Summary: SMTPD Connections", left);
	fputs(" connections  time conn.  avg./conn.  max. time  host/domain\n"
	      " -----------  ----------  ----------  ---------  -----------\n",
		p->to);
	order = tally_sorted(t, report_by_count);
	for (uint32_t i = 0; i < tally_size(t); i++) {
		const struct connected *c = tally_value(t, order[i]);
		double seconds = (double)(int64_t)c->party.size;

		fputs("  ", p->to);
		page_count(p->to, c->party.count);
		fputs("      ", p->to);
		print_connected_time(p->to, seconds);
		fprintf(p->to, "     %6" PRId64 "s    %6" PRId64 "s   ",
			(int64_t)(seconds / (double)c->party.count + .5),
			c->most);
		page_name(p->to, tally_name(t, order[i]));
		fputc('\n', p->to);
		if (--left == 0)
			break;
	}
	free(order);
}

static void print_users(const struct page *p, const struct tally *t,
	const char *text, bool by_size)
{
	int64_t left = p->o->lists[REPORT_USERS];
	char title[96];
	uint32_t *order;

	if (left == 0)
		return;
	if (left > 0)
		snprintf(
			title, sizeof(title), "top %" PRId64 " %s", left, text);
	else
		snprintf(title, sizeof(title), "%s", text);
	if (!page_head(p, title, tally_size(t) == 0))
		return;
	order = tally_sorted(
		t, by_size ? report_by_user_size : report_by_user_count);
	for (uint32_t i = 0; i < tally_size(t); i++) {
		const struct party *row = tally_value(t, order[i]);

		if (!row->count)
			continue;
		fputc(' ', p->to);
		page_count(p->to, by_size ? row->size : row->count);
		fputs("  ", p->to);
		page_name(p->to, tally_name(t, order[i]));
		fputc('\n', p->to);
		if (--left == 0)
			break;
	}
	free(order);
}

/* What pflogsumm's own way of counting sizes leaves over. */
static void print_unsized(const struct page *p)
{
	const struct tally *t = p->l->unsized;
	uint32_t *order = tally_sorted(t, report_by_name);

	if (tally_size(t))
		page_title(p->to, "Messages with no size data");
	for (uint32_t i = 0; i < tally_size(t); i++) {
		uint32_t row = *(uint32_t *)tally_value(t, order[i]);

		fputc(' ', p->to);
		page_name(p->to, tally_name(t, order[i]));
		fputs("  ", p->to);
		page_name(p->to, tally_name(p->l->recipients, row));
		fputc('\n', p->to);
	}
	free(order);
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
		print_connections(p);
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
	if (l->options.connections) {
		if (p->days > 1)
			print_connected_days(p);
		print_connected_hours(p);
		print_connected_domains(p);
	}
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
