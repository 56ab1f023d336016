/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page's lists: a name, how often it was counted, and a bar. Names are
 * strangers' text and stand nowhere but escaped.
 */
#include "cli/report/html_web.h"

#include <stdlib.h>

#include "cli/report/chart.h"
#include "cli/report/html_parts.h"

/* Rows of a list when nobody said how many. */
#define ROWS 10

static struct tally *tally_by(const struct causes *causes, enum list_by by)
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

uint32_t list_rows(const struct web *w, enum report_list list, uint32_t n)
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
	uint32_t n = list_rows(w, list, tally_size(t));
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
		web_number_cell(w, (double)party->count);
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

void list_causes(const struct web *w, const struct causes *causes,
	enum list_by by, const char *title, enum report_list list, int colour)
{
	struct tally *t;

	if (!causes_size(causes) || w->o->lists[list] == 0)
		return;
	t = tally_by(causes, by);
	web_section_begin(w, title);
	bars_write(w, t, list, colour);
	web_section_end(w);
	tally_free(&t);
}

void list_parties(const struct web *w, const struct tally *t, const char *title,
	enum report_list list, int colour)
{
	if (!tally_size(t) || w->o->lists[list] == 0)
		return;
	web_section_begin(w, title);
	bars_write(w, t, list, colour);
	web_section_end(w);
}
