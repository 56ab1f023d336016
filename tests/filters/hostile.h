/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_TESTS_FILTERS_HOSTILE_H
#define MAILBAN_TESTS_FILTERS_HOSTILE_H

#include <stddef.h>

#include "filters/dispatch.h"
#include "filters/filter.h"
#include "sources/header.h"

/* The longest line that a source hands on: SOURCE_LINE_MOST. */
#define HOSTILE_MOST 65536

/* Every shipped filter in each of its modes, all at once. */
#define HOSTILE_FILTERS 31
extern const char *const hostile_filters[HOSTILE_FILTERS];

/* Loads them from the folder that holds filter.d; ends the program if one has
 * a fault. The caller frees each. */
void hostile_load(const char *datadir, struct filter *out[HOSTILE_FILTERS]);

/* One line made to take long, and how it was made: for a person to see. */
struct hostile_line {
	const char *text;
	size_t n;
	const char *from; /* the line of the corpus that it was made of */
	size_t at;	  /* where into that the filler was put */
	const char *filler, *then; /* and what in its second half */
};

/*
 * Reads the corpora (*.jsonl) of a folder and calls fn with every kind of line
 * that is made of each: itself, and 64 kB of something put in at each place
 * where a daemon would put what a client sent; dated and undated. Of the many
 * only each every-th, and all with blanks. Returns how many there were.
 */
typedef void (*hostile_fn)(void *ctx, const struct hostile_line *line);
size_t hostile_each(const char *corpus, size_t every, hostile_fn fn, void *ctx);

/* The whole way of a line, from its header to the filters; whatever they say
 * of it. */
void hostile_ask(struct dispatch *dispatch, struct header_clock *clock,
	const char *text, size_t n);

#endif
