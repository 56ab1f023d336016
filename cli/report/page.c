/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pieces that a report's text is made of: figures in pflogsumm's units,
 * titles with their lines.
 */
#include "cli/report/page.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cli/text.h"

static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May",
	"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* "%6d" and its unit: k above 512 k, m above 512 m. */
void page_units(FILE *to, double value, int width)
{
	char unit = ' ', text[32], *at = text + sizeof(text);
	int64_t n;

	if (value > 536870912) {
		value /= 1048576;
		unit = 'm';
	} else if (value > 524288) {
		value /= 1024;
		unit = 'k';
	}
	n = (int64_t)value;
	if (n < 0 || width > 20) {
		fprintf(to, "%*" PRId64 "%c", width, n, unit);
		return;
	}
	/* A report is made of them. */
	*--at = unit;
	do
		*--at = (char)('0' + n % 10);
	while (n /= 10);
	while (text + sizeof(text) - 1 - at < width)
		*--at = ' ';
	fwrite(at, 1, (size_t)(text + sizeof(text) - at), to);
}

void page_count(FILE *to, uint64_t value)
{
	page_units(to, (double)value, 6);
}

/* Nearly all are of such bytes. */
static bool is_ascii(struct span name)
{
	bool plain = true;

	for (size_t i = 0; i < name.n; i++)
		plain &= name.at[i] >= ' ' && name.at[i] <= '~';
	return plain;
}

/* Strangers choose names: those of a report are for any terminal and mail. */
void page_name(const struct page *p, struct span name)
{
	char *shown;

	if (p->l->options.compat || is_ascii(name)) {
		fwrite(name.at, 1, name.n, p->to);
		return;
	}
	shown = text_escape_bytes(name.at, name.n);
	fputs(shown, p->to);
	free(shown);
}

/* A title with a line below it. */
void page_title(FILE *to, const char *text)
{
	fprintf(to, "\n%s\n", text);
	for (size_t n = strlen(text); n; n--)
		fputc('-', to);
	fputc('\n', to);
}

/* The same with ": none" for what is empty; false if it is. */
bool page_head(const struct page *p, const char *text, bool empty)
{
	if (!empty)
		page_title(p->to, text);
	else if (!p->o->quiet)
		fprintf(p->to, "\n%s: none\n", text);
	return !empty;
}

/* " (top 5)"; the blank stands there in any case. */
static void top_title(const struct page *p, const char *text, int64_t most)
{
	char title[96];

	if (most > 0)
		snprintf(title, sizeof(title), "%s (top %" PRId64 ")", text,
			most);
	else
		snprintf(title, sizeof(title), "%s ", text);
	page_title(p->to, title);
}

void page_date(const struct page *p, const struct day *day)
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

void page_hour(const struct page *p, int hour)
{
	if (p->o->iso)
		fprintf(p->to, "    %02d:00-%02d:00", hour, hour + 1);
	else
		fprintf(p->to, "    %02d00-%02d00  ", hour, hour + 1);
}

void page_rows(const struct page *p, const struct tally *t,
	tally_compare_fn order, int64_t most, page_row_fn fn)
{
	uint32_t *rows = tally_sorted(t, order);

	for (uint32_t i = 0; i < tally_size(t); i++)
		if (fn(p, t, rows[i]) && --most == 0)
			break;
	free(rows);
}

void page_hosts(const struct page *p, const char *title, const char *heads,
	const struct tally *t, page_row_fn fn)
{
	int64_t most = p->o->lists[REPORT_HOSTS];

	if (most == 0)
		return;
	top_title(p, title, most);
	fputs(heads, p->to);
	page_rows(p, t, report_by_count, most, fn);
}
