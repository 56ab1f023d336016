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
#include "cli/report/live.h"
#include "cli/text.h"
#include "lib/clock.h"

/* Rows of a list when nobody said how many. */
#define ROWS 10
/* Places of a chart over time, at most. */
#define PLACES 96

static const char style[] =
	":root{color-scheme:light dark;--bg:#faf9f7;--card:#fff;--ink:#1c2430;"
	"--dim:#667085;--line:#e7e4de;--c1:#8fb4ee;--c2:#2f64c8;--c3:#d4574a;"
	"--c4:#dd9c2c;--c5:#7657c9;--c6:#2c9a86}\n"
	"@media(prefers-color-scheme:dark){:root{--bg:#12151b;--card:#1a1f27;"
	"--ink:#e6e9ef;--dim:#98a2b3;--line:#2b323d;--c1:#3f6db5;--c2:#7fb0ff;"
	"--c3:#ef7d70;--c4:#e8b452;--c5:#a58bf0;--c6:#4fc3ad}}\n"
	"body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.45 "
	"system-ui,-apple-system,\"Segoe UI\",Roboto,\"DejaVu Sans\",sans-serif}"
	"\nmain{max-width:900px;margin:0 auto;padding:28px 20px 48px}\n"
	"h1{font-size:26px;margin:0;letter-spacing:-.01em}"
	"h2{font-size:17px;margin:0 0 10px}"
	"h3{font-size:13px;margin:14px 0 4px;color:var(--dim);font-weight:600}"
	"\n.when{color:var(--dim);margin:4px 0 20px}\n"
	".fault{border-left:4px solid var(--c3);padding:8px 12px;"
	"background:var(--card);margin:0 0 16px}\n"
	"section{background:var(--card);border:1px solid var(--line);"
	"border-radius:10px;padding:16px 20px;margin:0 0 16px}\n"
	"table{border-collapse:collapse;width:100%}"
	"td,th{padding:4px 10px 4px 0;text-align:left;vertical-align:middle;"
	"font-weight:400;overflow-wrap:anywhere}"
	"th{color:var(--dim);font-size:12px}"
	"tr+tr td{border-top:1px solid var(--line)}"
	".n{text-align:right;white-space:nowrap;"
	"font-variant-numeric:tabular-nums;width:1%}"
	".w{width:34%}\n"
	".tiles{table-layout:fixed;margin:0 0 16px;border-spacing:0}"
	".tiles td{border:0;padding:0 8px 0 0;vertical-align:top}"
	".tiles b{display:block;font-size:25px;font-weight:650;"
	"letter-spacing:-.02em;font-variant-numeric:tabular-nums}"
	".tiles span{color:var(--dim);font-size:13px}\n"
	"svg{display:block;width:100%;height:auto}"
	".bar{height:9px;width:100%}"
	"text{font:12px system-ui,\"DejaVu Sans\",sans-serif}"
	".axis{fill:var(--dim)}.value{fill:var(--ink)}"
	".grid{stroke:var(--line)}.zero{stroke:var(--dim)}"
	"polyline{fill:none;stroke-width:2;stroke-linejoin:round}"
	".area{fill-opacity:.18}\n"
	".c1{fill:var(--c1)}.c2{fill:var(--c2)}.c3{fill:var(--c3)}"
	".c4{fill:var(--c4)}.c5{fill:var(--c5)}.c6{fill:var(--c6)}"
	".l1{stroke:var(--c1)}.l2{stroke:var(--c2)}.l3{stroke:var(--c3)}"
	".l4{stroke:var(--c4)}.l5{stroke:var(--c5)}.l6{stroke:var(--c6)}"
	".b1{background:var(--c1)}.b2{background:var(--c2)}"
	".b3{background:var(--c3)}.b4{background:var(--c4)}"
	".b5{background:var(--c5)}.b6{background:var(--c6)}\n"
	".legend{color:var(--dim);font-size:13px;margin:6px 0 0}"
	".legend span{margin-right:16px;white-space:nowrap}"
	".legend i{display:inline-block;width:10px;height:10px;"
	"border-radius:2px;margin-right:6px}\n"
	".change{margin:0 0 4px}.none{color:var(--dim);margin:0}"
	"footer{color:var(--dim);font-size:12px}\n";

struct web {
	const struct ledger *l;
	const struct report_options *o;
	FILE *to;
};

/* Names are long and rows are not. */
#define NAME_SHOWN 90

/* Text that is escaped for a terminal already. */
static void html_escaped(FILE *to, const char *plain)
{
	for (const char *p = plain; *p; p++)
		switch (*p) {
		case '<':
			fputs("&lt;", to);
			break;
		case '>':
			fputs("&gt;", to);
			break;
		case '&':
			fputs("&amp;", to);
			break;
		case '"':
			fputs("&quot;", to);
			break;
		default:
			fputc(*p, to);
		}
}

static void html_text(FILE *to, struct span text)
{
	bool cut = text.n > NAME_SHOWN;
	char *copy = strndup(text.at, cut ? NAME_SHOWN : text.n), *plain;

	if (!copy)
		abort();
	plain = text_escape(copy);
	html_escaped(to, plain);
	if (cut)
		fputs("&hellip;", to);
	free(plain);
	free(copy);
}

/* "12.3 MB", in the units of pflogsumm. */
static char *bytes_text(uint64_t bytes, char *text, size_t room)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	double v = (double)bytes;
	size_t i = 0;

	while (v >= 1000 && i < 4) {
		v /= 1024;
		i++;
	}
	snprintf(text, room, i && v < 100 ? "%.1f %s" : "%.0f %s", v, units[i]);
	return text;
}

static char *seconds_text(double v, char *text, size_t room)
{
	if (v < 60)
		snprintf(text, room, "%.1f s", v);
	else if (v < 3600)
		snprintf(text, room, "%.1f min", v / 60);
	else
		snprintf(text, room, "%.1f h", v / 3600);
	return text;
}

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
	tile(w, bytes_text(t->bytes_received, text, sizeof(text)), "in");
	tile(w, bytes_text(t->bytes_delivered, size, sizeof(size)), "out");
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
				seconds_text(means[i], text, sizeof(text)));
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
			bytes_text(row->party.size, text, sizeof(text)));
		number_cell(w, (double)row->deferrals);
		fprintf(w->to, "<td class=\"n\">%s</td>",
			seconds_text(count > 0 ? row->delays / count : 0, text,
				sizeof(text)));
		fprintf(w->to, "<td class=\"n\">%s</td></tr>\n",
			seconds_text(row->delay_most, text, sizeof(text)));
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
		"<footer>Counted by mailband since %s, by whole hours. Who "
		"sent to whom, why mail was refused, deferred or returned, and "
		"how long it took stand in the logs alone: mailban report "
		"/var/log/mail.log</footer>\n</main></body></html>\n",
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
		style);
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
