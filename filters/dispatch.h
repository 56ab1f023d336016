/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_DISPATCH_H
#define MAILBAN_FILTERS_DISPATCH_H

#include <stddef.h>
#include <stdint.h>

#include "filters/failure.h"
#include "filters/filter.h"
#include "lib/line.h"

/*
 * The filters that look at one source, asked together: a line is looked at
 * once, and most lines end before any regular expression is run.
 */
struct dispatch;

typedef void (*dispatch_fn)(void *ctx, size_t filter, enum filter_verdict v,
	const struct failure *failure);

struct dispatch_counts {
	uint64_t lines, scanned, searched;
};

/* The filters stay the caller's and must outlive the dispatch. */
struct dispatch *dispatch_new(struct filter *const *filters, size_t n);
void dispatch_free(struct dispatch **dispatch);
/*
 * Calls fn for each filter, by its index in filters, whose verdict on the line
 * is not FILTER_MISS; failure is valid in the call, for FILTER_MATCH and
 * FILTER_NAMED only. False if no filter was asked to run its expressions.
 */
bool dispatch_line(struct dispatch *dispatch, const struct line *line,
	dispatch_fn fn, void *ctx);
const struct dispatch_counts *dispatch_counts(const struct dispatch *dispatch);

#endif
