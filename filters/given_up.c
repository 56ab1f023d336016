/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which expressions of a filter were given up at the limit of what they may
 * try. Each is told of once: a client chooses how often it happens, and whose
 * expression it is the admin needs to know no more than once.
 */
#include <stdlib.h>

#include "filters/filter_parts.h"

enum { NEVER, GIVEN_UP, TOLD };

/* The rows in this order: prefregex, dates, failregex, ignoreregex. */
#define PREFREGEX 0
#define DATES 1
#define FAILREGEX 2

static size_t rows(const struct filter *filter)
{
	return FAILREGEX + filter->fail_n + filter->ignore_n;
}

static const struct filter_row *row(const struct filter *filter, size_t i)
{
	const struct filterfile *file = &filter->file;

	if (i == PREFREGEX)
		return &file->prefregex;
	if (i == DATES)
		return &file->datepattern_row;
	i -= FAILREGEX;
	return i < filter->fail_n ? &file->failregex[i]
				  : &file->ignoreregex[i - filter->fail_n];
}

static void note(struct filter *filter, size_t i)
{
	if (!filter->given_up)
		filter->given_up = calloc(rows(filter), 1);
	if (filter->given_up && filter->given_up[i] == NEVER)
		filter->given_up[i] = GIVEN_UP;
}

void filter_note_given_up(struct filter *filter, const struct regex *regex)
{
	filter->counts.limits++;
	if (regex == filter->prefregex)
		note(filter, PREFREGEX);
	for (size_t i = 0; i < filter->fail_n; i++)
		if (filter->fail[i].regex == regex)
			note(filter, FAILREGEX + i);
	for (size_t i = 0; i < filter->ignore_n; i++)
		if (filter->ignore[i] == regex)
			note(filter, FAILREGEX + filter->fail_n + i);
}

void filter_note_dates_given_up(struct filter *filter, uint64_t searches)
{
	filter->counts.limits += searches;
	if (searches)
		note(filter, DATES);
}

const struct filter_row *filter_tell_given_up(struct filter *filter)
{
	size_t n = filter->given_up ? rows(filter) : 0, i = 0;

	while (i < n && filter->given_up[i] != GIVEN_UP)
		i++;
	if (i >= n)
		return NULL;
	filter->given_up[i] = TOLD;
	return row(filter, i);
}
