/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_REPORT_PAGE_H
#define MAILBAN_CLI_REPORT_PAGE_H

#include "cli/report/report.h"

/* The text that is being written; what its files share. */
struct page {
	const struct ledger *l;
	const struct report_options *o;
	FILE *to;
	uint32_t days;
};

/* "%6d" and a unit: k above 512 k, m above 512 m. */
void page_units(FILE *to, double value, int width);
void page_count(FILE *to, uint64_t value);
/* A name out of a log, escaped as text_escape() does; with --compat as it is.
 */
void page_name(const struct page *p, struct span name);
/* A title with a line below it. */
void page_title(FILE *to, const char *text);
/* The same with ": none" for what is empty; false if it is. */
bool page_head(const struct page *p, const char *text, bool empty);

/* A day, an hour in front of a row. */
void page_date(const struct page *p, const struct day *day);
void page_hour(const struct page *p, int hour);
#define PAGE_RULE \
	"    --------------------------------------------------------------------"
/*
 * A tally's rows in order, most of them or, below 0, all; fn is false of one
 * that it did not write.
 */
typedef bool (*page_row_fn)(
	const struct page *p, const struct tally *t, uint32_t row);
void page_rows(const struct page *p, const struct tally *t,
	tally_compare_fn order, int64_t most, page_row_fn fn);
/* A list of hosts by count, as many as are wanted, below a title that says so
 * and the heads of its columns. */
void page_hosts(const struct page *p, const char *title, const char *heads,
	const struct tally *t, page_row_fn fn);

/* connections.c: those to smtpd(8), in all and one by one. */
void page_connections(const struct page *p);
void page_connected(const struct page *p);
/* problems.c: what was deferred, returned, refused and warned of. */
void page_problems(const struct page *p);
/* What was not understood, by program. */
void page_unknown(const struct page *p);
/* details.c: each message with its recipients. */
void page_details(const struct page *p);

#endif
