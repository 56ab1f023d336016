/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pieces that a report's text is made of: figures in pflogsumm's units,
 * titles with their lines.
 */
#include "cli/report/page.h"

#include <inttypes.h>

/* "%6d" and its unit: k above 512 k, m above 512 m. */
void page_units(FILE *to, double value, int width)
{
	char unit = ' ';

	if (value > 536870912) {
		value /= 1048576;
		unit = 'm';
	} else if (value > 524288) {
		value /= 1024;
		unit = 'k';
	}
	fprintf(to, "%*" PRId64 "%c", width, (int64_t)value, unit);
}

void page_count(FILE *to, uint64_t value)
{
	page_units(to, (double)value, 6);
}

void page_name(FILE *to, struct span name)
{
	fwrite(name.at, 1, name.n, to);
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
