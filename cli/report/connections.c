/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A report's connections to smtpd(8), as pflogsumm has them with --smtpd-stats.
 */
#include "cli/report/page.h"

#include <inttypes.h>

static void print_connected_time(FILE *to, double seconds)
{
	int64_t hours = (int64_t)(seconds / 3600), minutes;

	seconds -= (double)hours * 3600;
	minutes = (int64_t)(seconds / 60);
	seconds -= (double)minutes * 60;
	fprintf(to, "%2" PRId64 ":%02" PRId64 ":%02" PRId64, hours, minutes,
		(int64_t)seconds);
}

void page_connections(const struct page *p)
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

/* "     12s      345s": the mean and the longest. */
static void print_seconds(const struct page *p, const struct connected *c,
	const char *before, const char *between)
{
	double seconds = (double)(int64_t)c->party.size;

	fprintf(p->to, "%s%6" PRId64 "s%s%6" PRId64 "s", before,
		(int64_t)(seconds / (double)c->party.count + .5), between,
		c->most);
}

static bool print_day(const struct page *p, const struct tally *t, uint32_t row)
{
	const struct day *day = tally_value(t, row);
	const struct connected *c = &day->connected;

	if (!day->connected_to)
		return false;
	page_date(p, day);
	fputs("   ", p->to);
	page_count(p->to, c->party.count);
	fputs("       ", p->to);
	print_connected_time(p->to, (double)(int64_t)c->party.size);
	print_seconds(p, c, "      ", "      ");
	fputc('\n', p->to);
	return true;
}

static void print_days(const struct page *p)
{
	page_title(p->to, "Per-Day SMTPD Connection Summary");
	fputs("    date        connections    time conn.    avg./conn.   max. "
	      "time\n" PAGE_RULE "\n",
		p->to);
	page_rows(p, p->l->days, report_by_day, -1, print_day);
}

static void print_hours(const struct page *p)
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
		      "   max. time\n" PAGE_RULE "\n",
			p->to);
	}
	for (int hour = 0; hour < 24; hour++) {
		const struct connected *c = &p->l->connected_hours[hour];
		double count = (double)c->party.count;
		double seconds = (double)(int64_t)c->party.size;

		if (!c->party.count)
			continue;
		if (average) {
			count = count / p->days + .5;
			seconds = seconds / p->days + .5;
		}
		page_hour(p, hour);
		fputs("   ", p->to);
		page_units(p->to, count, 6);
		fputs("       ", p->to);
		print_connected_time(p->to, seconds);
		if (!average)
			print_seconds(p, c, "      ", "      ");
		fputc('\n', p->to);
	}
}

static bool print_domain(
	const struct page *p, const struct tally *t, uint32_t row)
{
	const struct connected *c = tally_value(t, row);

	fputs("  ", p->to);
	page_count(p->to, c->party.count);
	fputs("      ", p->to);
	print_connected_time(p->to, (double)(int64_t)c->party.size);
	print_seconds(p, c, "     ", "    ");
	fputs("   ", p->to);
	page_name(p, tally_name(t, row));
	fputc('\n', p->to);
	return true;
}

static void print_domains(const struct page *p)
{
	page_hosts(p, "Host/Domain Summary: SMTPD Connections",
		" connections  time conn.  avg./conn.  max. time  host/domain\n"
		" -----------  ----------  ----------  ---------  "
		"-----------\n",
		p->l->connected_domains, print_domain);
}

void page_connected(const struct page *p)
{
	if (p->days > 1)
		print_days(p);
	print_hours(p);
	print_domains(p);
}
