/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_REPORT_HTML_WEB_H
#define MAILBAN_CLI_REPORT_HTML_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/report/report.h"

/* The page that is being written, which its parts share. */
struct web {
	const struct ledger *l;
	const struct report_options *o;
	FILE *to;
};

/* html_parts.c: what every part is made of. */
void web_section_begin(const struct web *w, const char *title);
void web_section_end(const struct web *w);
void web_number_cell(const struct web *w, double value);
/* Is one of n above 0? */
bool web_any(const double *values, size_t n);

/*
 * html_time.c: what was when. The hours of the log, in as many places as a
 * chart can show; the caller frees. To be asked for where there is any line.
 */
struct places;
struct places *places_new(const struct web *w);
void places_traffic(const struct web *w, const struct places *p);
void places_queue(const struct web *w, const struct places *p);
void places_attacks(const struct web *w, const struct places *p);

/* html_lists.c: counts by one of a cause's names, the most first. */
enum list_by { BY_WHAT, BY_WHY, BY_WHO };
void list_causes(const struct web *w, const struct causes *causes,
	enum list_by by, const char *title, enum report_list list, int colour);
/* Rows that begin with a struct party, by count. */
void list_parties(const struct web *w, const struct tally *t, const char *title,
	enum report_list list, int colour);
/* How many of n rows the list has. */
uint32_t list_rows(const struct web *w, enum report_list list, uint32_t n);

#endif
