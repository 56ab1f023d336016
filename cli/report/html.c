/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report as one page that fetches nothing: for a browser, and for mail
 * clients, which may drop the pictures and the style but keep the tables with
 * each figure that the pictures show. All text out of a log is escaped, first
 * as for a terminal and then as for HTML.
 */
#include "cli/report/report.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/report/chart.h"
#include "cli/report/html_parts.h"
#include "cli/report/html_web.h"
#include "cli/report/live.h"
#include "cli/text.h"
#include "lib/clock.h"
#include "sources/replay.h"

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

static void delays_write(const struct web *w)
{
	static const char *const names[DELAY_CLASSES] = {"&lt; 1 s", "10 s",
		"1 min", "10 min", "1 h", "6 h", "1 day", "longer"};
	static const char *const parts[DELAYS] = {"before the active queue",
		"in the active queue", "connecting", "sending"};
	double values[DELAY_CLASSES], means[DELAYS];
	char text[32];

	for (int i = 0; i < DELAY_CLASSES; i++)
		values[i] = (double)w->l->delay_classes[i];
	if (!web_any(values, DELAY_CLASSES))
		return;
	web_section_begin(w, "How long deliveries took");
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
	web_section_end(w);
}

static void attacks_write(const struct web *w, const struct places *p)
{
	if (causes_size(w->l->attacks))
		places_attacks(w, p);
	list_causes(w, w->l->attacks, BY_WHAT, "Attackers by network",
		REPORT_HOSTS, 3);
	list_causes(w, w->l->attacks, BY_WHY, "Accounts they tried",
		REPORT_USERS, 3);
	list_causes(w, w->l->bans, BY_WHAT, "Bans by network", REPORT_HOSTS, 5);
	list_causes(w, w->l->bans, BY_WHY, "Bans by jail", REPORT_HOSTS, 5);
}

static void targets_write(const struct web *w)
{
	const struct tally *t = w->l->recipient_domains;
	uint32_t n = list_rows(w, REPORT_HOSTS, tally_size(t));
	uint32_t *order = tally_sorted(t, report_by_count);
	char text[32];

	web_section_begin(w, "Where the mail went");
	if (!n)
		fputs("<p class=\"none\">Nothing was delivered.</p>\n", w->to);
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
		web_number_cell(w, count);
		fprintf(w->to, "<td class=\"n\">%s</td>",
			html_bytes(row->party.size, text, sizeof(text)));
		web_number_cell(w, (double)row->deferrals);
		fprintf(w->to, "<td class=\"n\">%s</td>",
			html_seconds(count > 0 ? row->delays / count : 0, text,
				sizeof(text)));
		fprintf(w->to, "<td class=\"n\">%s</td></tr>\n",
			html_seconds(row->delay_most, text, sizeof(text)));
	}
	if (n)
		fputs("</table>\n", w->to);
	web_section_end(w);
	free(order);
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
	list_parties(w, t, title, list, 3);
	tally_free(&t);
}

static void live_write(const struct web *w, const struct places *p)
{
	const struct report_live *live = w->o->live;
	char since[TEXT_TIME];

	if (p && w->l->total.attacks)
		places_attacks(w, p);
	live_attackers_write(
		w, "network", "Attackers by network", REPORT_HOSTS);
	live_attackers_write(w, "account", "Accounts they tried", REPORT_USERS);
	fprintf(w->to,
		"<footer>%sCounted by mailband since %s, by whole hours. Who "
		"sent to whom, why mail was refused, deferred or returned, and "
		"how long it took stand in the logs alone: mailban report "
		"%s</footer>\n</main></body></html>\n",
		live->left ? "mailband does not run: this is what it left. "
			   : "",
		text_moment(live->history.since, since), replay_usual());
}

static void changes_write(const struct web *w)
{
	if (!w->o->changes)
		return;
	web_section_begin(w, "What changed");
	for (char **c = w->o->changes; *c; c++) {
		fputs("<p class=\"change\">", w->to);
		html_escaped(w->to, *c);
		fputs("</p>\n", w->to);
	}
	web_section_end(w);
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
	struct places *p = NULL;
	char lines[32];

	head_write(w, faults);
	changes_write(w);
	tiles_write(w);
	if (l->first) {
		p = places_new(w);
		places_traffic(w, p);
	}
	if (o->live) {
		live_write(w, p);
		free(p);
		return;
	}
	if (l->first) {
		list_causes(w, l->refused[RECORD_REJECT], BY_WHY,
			"Refused, by cause", REPORT_REJECTS, 3);
		attacks_write(w, p);
		delays_write(w);
		places_queue(w, p);
		targets_write(w);
	}
	list_causes(w, l->deferrals, BY_WHO, "Deferred, by cause",
		REPORT_DEFERRALS, 4);
	list_causes(
		w, l->bounces, BY_WHO, "Returned, by cause", REPORT_BOUNCES, 3);
	list_parties(w, l->senders, "Senders", REPORT_USERS, 1);
	list_parties(w, l->recipients, "Recipients", REPORT_USERS, 2);
	list_causes(w, l->warnings, BY_WHO, "Warnings", REPORT_WARNINGS, 4);
	list_causes(w, l->fatals, BY_WHO, "Fatal errors", REPORT_WARNINGS, 3);
	list_causes(w, l->panics, BY_WHO, "Panics", REPORT_WARNINGS, 3);
	list_causes(w, l->unknown, BY_WHO, "Lines not understood, by program",
		REPORT_WARNINGS, 6);
	fprintf(to,
		"<footer>%s lines read by mailban " MAILBAN_VERSION
		".</footer>\n</main></body></html>\n",
		chart_number((double)l->total.lines, lines, sizeof(lines)));
	free(p);
}
