/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_FILTER_PARTS_H
#define MAILBAN_FILTERS_FILTER_PARTS_H

#include "filters/content.h"
#include "filters/excuses.h"
#include "filters/filter.h"
#include "filters/groups.h"
#include "filters/linebuffer.h"
#include "filters/regex.h"
#include "filters/sessions.h"
#include "filters/spills.h"

/*
 * What a filter is made of: for filter.c, which loads it, and filter_match.c,
 * which asks it about a line; nobody else looks in here.
 */
struct filter_rule {
	struct regex *regex;
	struct groups groups;
	struct literals *literals;
};

struct filter {
	struct arena *arena; /* of file */
	struct filterfile file;
	struct regex *prefregex;
	struct groups pref_groups;
	/* Made when it is first asked for: see filter_may_follow. */
	struct content *content;
	bool content_asked;
	struct datecut *dates;	   /* NULL: lines come with their time */
	struct linebuffer *lines;  /* NULL: one line at a time */
	char name[SESSION_NAME];   /* whom the last of several lines named */
	struct sessions *sessions; /* NULL: no <F-MLFID> */
	struct filter_rule *fail;
	size_t fail_n;
	struct regex **ignore;
	size_t ignore_n;
	bool has_spill; /* some failregex has <F-SPILL> */
	struct spills spills;
	struct excuses *excuses; /* NULL: no <F-FAULT> */
	struct filter_counts counts;
	unsigned char *given_up; /* by row, see given_up.c; NULL: none was */
};

/* Counts a search that was given up, for its limit or that of its line. */
void filter_note_given_up(struct filter *filter, const struct regex *regex);
/* The same of so many for a date. */
void filter_note_dates_given_up(struct filter *filter, uint64_t searches);

#endif
