/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report as one page that fetches nothing: for a browser, and for mail
 * clients, which may drop the pictures and the style but keep the tables with
 * each figure that the pictures show. All text out of a log is escaped, first
 * as for a terminal and then as for HTML.
 */
#include "cli/report/report.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/report/chart.h"
#include "cli/report/html_parts.h"
#include "cli/report/live.h"
#include "cli/text.h"
#include "lib/clock.h"

/* Rows of a list when nobody said how many. */
#define ROWS 10
/* Places of a chart over time, at most. */
#define PLACES 96

struct web {
	const struct ledger *l;
	const struct report_options *o;
	FILE *to;
};

static void number_cell(const struct web *w, double value)
{
	char text[32];

	fprintf(w->to, "<td class=\"n\">%s</td>",
		chart_number(value, text, sizeof(text)));
}

static void section_begin(const struct web *w, const char *title)
{
	fprintf(w->to, "<section><h2>%s</h2>\n", title);
}

static void section_end(const struct web *w)
{
	fputs("</section>\n", w->to);
}

static void none(const struct web *w, const char *text)
{
	fprintf(w->to, "<p class=\"none\">%s</p>\n", text);
}

static void tile(const struct web *w, const char *value, const char *label)
{
	fprintf(w->to, "<td><b>%s</b><span>%s</span></td>\n", value, label);
}

static void tile_number(const struct web *w, uint64_t value, const char *label)
{
	char text[32];

	tile(w, chart_number((double)value, text, sizeof(text)), label);
}

static void tiles_write(const struct web *w)
{
	const struct counter *t = &w->l->total;
	char text[32], size[32];

	fputs("<table class=\"tiles\"><tr>\n", w->to);
	tile_number(w, t->received, "received");
	tile_number(w, t->delivered, "delivered");
	tile_number(w, t->deferred, "deferred");
	tile_number(w, t->bounced + t->expired, "returned");
	tile_number(w, t->rejected, "refused");
	fputs("</tr></table>\n<table class=\"tiles\"><tr>\n", w->to);
	tile(w, html_bytes(t->bytes_received, text, sizeof(text)), "in");
	tile(w, html_bytes(t->bytes_delivered, size, sizeof(size)), "out");
	tile_number(w, t->logins, "logins");
	tile_number(w, t->attacks, "failed logins");
	tile_number(w, t->bans, "bans");
	fputs("</tr></table>\n", w->to);
}

/* The hours of the log in places that a chart can show. */
struct places {
	struct chart_time time;
	double values[6][PLACES];
};

enum { IN, OUT, LATE, REFUSED, QUEUE, ATTACKS };

static void places_fill(const struct web *w, struct places *p)
{
	const struct tally *t = w->l->hourly;

	for (uint32_t i = 0; i < tally_size(t); i++) {
		const struct hourly *h = tally_value(t, i);
		int64_t place = (h->hour * 3600 - p->time.begin) / p->time.step;
		size_t k = place < 0 ? 0 : (size_t)place;

		if (k >= p->time.n)
			continue;
		p->values[IN][k] += (double)h->traffic.n[TRAFFIC_RECEIVED];
		p->values[OUT][k] += (double)h->traffic.n[TRAFFIC_DELIVERED];
		p->values[LATE][k] += (double)h->traffic.n[TRAFFIC_DEFERRED];
		p->values[REFUSED][k] += (double)h->traffic.n[TRAFFIC_REJECTED];
		p->values[ATTACKS][k] += (double)h->attacks;
		if (h->queue > p->values[QUEUE][k])
			p->values[QUEUE][k] = h->queue;
	}
}

/* Whole days from the first to the last; hours, or more at a time. */
static void places_make(const struct web *w, struct places *p)
{
	time_t first = (time_t)(w->l->first / CLOCK_SECOND);
	int64_t whole;
	struct tm tm;

	memset(p, 0, sizeof(*p));
	if (!localtime_r(&first, &tm))
		memset(&tm, 0, sizeof(tm));
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	p->time.begin = (int64_t)mktime(&tm);
	whole = w->l->last / CLOCK_SECOND - p->time.begin;
	whole = (whole / 86400 + 1) * 86400;
	p->time.step = 3600;
	while (whole / p->time.step > PLACES)
		p->time.step *= 2;
	p->time.n = (size_t)((whole + p->time.step - 1) / p->time.step);
	if (p->time.n < 1 || p->time.n > PLACES)
		p->time.n = PLACES;
	places_fill(w, p);
}

static void traffic_write(const struct web *w, const struct places *p)
{
	const struct chart_series series[] = {
		{CHART_UP, 1, "received", p->values[IN]},
		{CHART_UP, 2, "delivered", p->values[OUT]},
		{CHART_DOWN, 3, "refused", p->values[REFUSED]},
		{CHART_LINE, 4, "deferred", p->values[LATE]},
	};

	section_begin(w, p->time.step == 3600 ? "Traffic by hour" : "Traffic");
	chart_over_time(w->to,
		"messages received and delivered, upwards, and refused, "
		"downwards, over time",
		&p->time, series, 4);
	section_end(w);
}

static bool any(const double *values, size_t n)
{
	while (n)
		if (values[--n] > 0)
			return true;
	return false;
}

static void queue_write(const struct web *w, const struct places *p)
{
	const struct chart_series series[] = {
		{CHART_AREA, 5, "messages", p->values[QUEUE]}};

	if (!any(p->values[QUEUE], p->time.n))
		return;
	section_begin(w, "Messages in the queue");
	chart_over_time(w->to, "the most messages in the queue, over time",
		&p->time, series, 1);
	section_end(w);
}

static void delays_write(const struct web *w)
{
	static const char *const names[DELAY_CLASSES] = {"&lt; 1 s", "10 s",
		"1 min", "10 min", "1 h", "6 h", "1 day", "longer"};
	static const char *const parts[DELAYS] = {
		"before the queue", "in the queue", "connecting", "sending"};
	double values[DELAY_CLASSES], means[DELAYS];
	char text[32];

	for (int i = 0; i < DELAY_CLASSES; i++)
		values[i] = (double)w->l->delay_classes[i];
	if (!any(values, DELAY_CLASSES))
		return;
	section_begin(w, "How long deliveries took");
	chart_columns(w->to, "deliveries by how long they took", names, values,
		DELAY_CLASSES, 2);
	if (w->l->with_parts) {
		for (int i = 0; i < DELAYS; i++)
			means[i] =
				w->l->delay_parts[i] / (double)w->l->with_parts;
		fputs("<h3>where the time went, on average</h3>\n", w->to);
		chart_parts(
			w->to, "the parts of the mean delay", means, DELAYS);
		fputs("<p class=\"legend\">", w->to);
		for (int i = 0; i < DELAYS; i++)
			fprintf(w->to,
				"<span><i class=\"b%d\"></i>%s %s</span> ",
				i + 1, parts[i],
				html_seconds(means[i], text, sizeof(text)));
		fputs("</p>\n", w->to);
	}
	section_end(w);
}

/* Counts by one of a cause's names, the most first. */
enum by { BY_WHAT, BY_WHY, BY_WHO };

static struct tally *tally_by(const struct causes *causes, enum by by)
{
	struct tally *t = tally_new(sizeof(struct party), TALLY_MOST);
	uint32_t n;
	struct cause *all = causes_sorted(causes, &n);

	for (uint32_t i = 0; i < n; i++) {
		struct span name = by == BY_WHAT  ? all[i].what
				   : by == BY_WHY ? all[i].why
						  : all[i].who;
		uint32_t row = tally_row(t, name);
		struct party *party = tally_value(t, row);

		party->count += all[i].count;
	}
	free(all);
	return t;
}

static uint32_t rows_of(const struct web *w, enum report_list list, uint32_t n)
{
	int64_t most = w->o->lists[list];

	if (most < 0)
		most = ROWS;
	return n < most ? n : (uint32_t)most;
}

/* Rows of a name, its count and a bar. */
static void bars_write(const struct web *w, const struct tally *t,
	enum report_list list, int colour)
{
	uint32_t *order = tally_sorted(t, report_by_count);
	uint32_t n = rows_of(w, list, tally_size(t));
	double most = 0;

	fputs("<table>\n", w->to);
	for (uint32_t i = 0; i < n; i++) {
		const struct party *party = tally_value(t, order[i]);
		struct span name = tally_name(t, order[i]);

		if (i == 0)
			most = (double)party->count;
		fputs("<tr><td>", w->to);
		html_text(w->to, name.n ? name : SPAN("(none)"));
		fputs("</td>", w->to);
		number_cell(w, (double)party->count);
		fputs("<td class=\"w\">", w->to);
		chart_bar(w->to, (double)party->count, most, colour);
		fputs("</td></tr>\n", w->to);
	}
	fputs("</table>\n", w->to);
	if (tally_size(t) > n)
		fprintf(w->to, "<p class=\"none\">and %u more</p>\n",
			tally_size(t) - n);
	free(order);
}

static void causes_write(const struct web *w, const struct causes *causes,
	enum by by, const char *title, enum report_list list, int colour)
{
	struct tally *t;

	if (!causes_size(causes) || w->o->lists[list] == 0)
		return;
	t = tally_by(causes, by);
	section_begin(w, title);
	bars_write(w, t, list, colour);
	section_end(w);
	tally_free(&t);
}

static void attacks_write(const struct web *w, const struct places *p)
{
	const struct chart_series series[] = {
		{CHART_UP, 3, "failed logins", p->values[ATTACKS]}};

	if (causes_size(w->l->attacks)) {
		section_begin(w, "Failed logins");
		chart_over_time(
			w->to, "failed logins over time", &p->time, series, 1);
		section_end(w);
	}
	causes_write(w, w->l->attacks, BY_WHAT, "Attackers by network",
		REPORT_HOSTS, 3);
	causes_write(w, w->l->attacks, BY_WHY, "Accounts they tried",
		REPORT_USERS, 3);
	causes_write(
		w, w->l->bans, BY_WHAT, "Bans by network", REPORT_HOSTS, 5);
	causes_write(w, w->l->bans, BY_WHY, "Bans by jail", REPORT_HOSTS, 5);
}

static void targets_write(const struct web *w)
{
	const struct tally *t = w->l->recipient_domains;
	uint32_t n = rows_of(w, REPORT_HOSTS, tally_size(t));
	uint32_t *order = tally_sorted(t, report_by_count);
	char text[32];

	section_begin(w, "Where the mail went");
	if (!n)
		none(w, "Nothing was delivered.");
	else
		fputs("<table><tr><th>domain</th><th class=\"n\">messages"
		      "</th><th class=\"n\">bytes</th><th class=\"n\">deferrals"
		      "</th><th class=\"n\">delay, mean</th><th class=\"n\">"
		      "longest</th></tr>\n",
			w->to);
	for (uint32_t i = 0; i < n; i++) {
		const struct target *row = tally_value(t, order[i]);
		double count = (double)row->party.count;

		fputs("<tr><td>", w->to);
		html_text(w->to, tally_name(t, order[i]));
		fputs("</td>", w->to);
		number_cell(w, count);
		fprintf(w->to, "<td class=\"n\">%s</td>",
			html_bytes(row->party.size, text, sizeof(text)));
		number_cell(w, (double)row->deferrals);
		fprintf(w->to, "<td class=\"n\">%s</td>",
			html_seconds(count > 0 ? row->delays / count : 0, text,
				sizeof(text)));
		fprintf(w->to, "<td class=\"n\">%s</td></tr>\n",
			html_seconds(row->delay_most, text, sizeof(text)));
	}
	if (n)
		fputs("</table>\n", w->to);
	section_end(w);
	free(order);
}

static void parties_write(const struct web *w, const struct tally *t,
	const char *title, enum report_list list, int colour)
{
	if (!tally_size(t) || w->o->lists[list] == 0)
		return;
	section_begin(w, title);
	bars_write(w, t, list, colour);
	section_end(w);
}

/* Who attacked, as the daemon knows them. */
static void live_attackers_write(const struct web *w, const char *kind,
	const char *title, enum report_list list)
{
	const json_t *of = json_object_get(w->o->live->attackers, kind), *row;
	struct tally *t = tally_new(sizeof(struct party), TALLY_NONE);
	size_t i;

	json_array_foreach (json_object_get(of, "rows"), i, row) {
		const char *name =
			json_string_value(json_object_get(row, "name"));
		struct party *party;

		if (!name)
			continue;
		party = tally_value(
			t, tally_row(t, (struct span){name, strlen(name)}));
		party->count = (uint64_t)json_integer_value(
			json_object_get(row, "failures"));
	}
	parties_write(w, t, title, list, 3);
	tally_free(&t);
}

static void live_write(const struct web *w, const struct places *p)
{
	const struct report_live *live = w->o->live;
	const struct chart_series series[] = {
		{CHART_UP, 3, "failed logins", p->values[ATTACKS]}};
	char since[TEXT_TIME];

	if (w->l->total.attacks) {
		section_begin(w, "Failed logins");
		chart_over_time(
			w->to, "failed logins over time", &p->time, series, 1);
		section_end(w);
	}
	live_attackers_write(
		w, "network", "Attackers by network", REPORT_HOSTS);
	live_attackers_write(w, "account", "Accounts they tried", REPORT_USERS);
	fprintf(w->to,
		"<footer>%sCounted by mailband since %s, by whole hours. Who "
		"sent to whom, why mail was refused, deferred or returned, and "
		"how long it took stand in the logs alone: mailban report "
		"/var/log/mail.log</footer>\n</main></body></html>\n",
		live->left ? "mailband does not run: this is what it left. "
			   : "",
		text_moment(live->history.since, since));
}

static void changes_write(const struct web *w)
{
	if (!w->o->changes)
		return;
	section_begin(w, "What changed");
	for (char **c = w->o->changes; *c; c++) {
		fputs("<p class=\"change\">", w->to);
		html_escaped(w->to, *c);
		fputs("</p>\n", w->to);
	}
	section_end(w);
}

/* When, on which host: for the title and below it. */
static void head_write(const struct web *w, const char *const *faults)
{
	char host[256] = "", from[TEXT_TIME], to[TEXT_TIME];

	gethostname(host, sizeof(host) - 1);
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\""
	      ">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n"
	      "<title>Mail report",
		w->to);
	if (*host) {
		fputs(", ", w->to);
		html_text(w->to, (struct span){host, strlen(host)});
	}
	fprintf(w->to, "</title>\n<style>%s</style></head>\n<body><main>\n",
		html_style);
	fputs("<h1>Mail", w->to);
	if (*host) {
		fputs(" on ", w->to);
		html_text(w->to, (struct span){host, strlen(host)});
	}
	fputs("</h1>\n", w->to);
	if (w->l->first)
		fprintf(w->to, "<p class=\"when\">%s to %s</p>\n",
			text_moment(w->l->first / CLOCK_SECOND, from),
			text_moment(w->l->last / CLOCK_SECOND, to));
	else
		fprintf(w->to, "<p class=\"when\">%s</p>\n",
			w->o->live ? "Nothing was counted."
				   : "The log holds no mail.");
	for (; *faults; faults++) {
		fputs("<p class=\"fault\">Incomplete: ", w->to);
		html_text(w->to, (struct span){*faults, strlen(*faults)});
		fputs("</p>\n", w->to);
	}
}

void report_html(const struct ledger *l, const struct report_options *o,
	const char *const *faults, FILE *to)
{
	struct web web = {l, o, to}, *w = &web;
	struct places *p = calloc(1, sizeof(*p));
	char lines[32];

	if (!p)
		abort();
	head_write(w, faults);
	changes_write(w);
	tiles_write(w);
	if (l->first) {
		places_make(w, p);
		traffic_write(w, p);
	}
	if (o->live) {
		live_write(w, p);
		free(p);
		return;
	}
	if (l->first) {
		causes_write(w, l->refused[RECORD_REJECT], BY_WHY,
			"Refused, by cause", REPORT_REJECTS, 3);
		attacks_write(w, p);
		delays_write(w);
		queue_write(w, p);
		targets_write(w);
	}
	causes_write(w, l->deferrals, BY_WHO, "Deferred, by cause",
		REPORT_DEFERRALS, 4);
	causes_write(
		w, l->bounces, BY_WHO, "Returned, by cause", REPORT_BOUNCES, 3);
	parties_write(w, l->senders, "Senders", REPORT_USERS, 1);
	parties_write(w, l->recipients, "Recipients", REPORT_USERS, 2);
	causes_write(w, l->warnings, BY_WHO, "Warnings", REPORT_WARNINGS, 4);
	causes_write(w, l->fatals, BY_WHO, "Fatal errors", REPORT_WARNINGS, 3);
	causes_write(w, l->panics, BY_WHO, "Panics", REPORT_WARNINGS, 3);
	causes_write(w, l->unknown, BY_WHO, "Lines not understood, by program",
		REPORT_WARNINGS, 6);
	fprintf(to,
		"<footer>%s lines read by mailban " MAILBAN_VERSION
		".</footer>\n</main></body></html>\n",
		chart_number((double)l->total.lines, lines, sizeof(lines)));
	free(p);
}
