/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_FILTERFILE_H
#define MAILBAN_FILTERS_FILTERFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/err.h"

/* A value given with a filter's name: filter = postfix[mode=more]. */
struct filter_option {
	const char *key;
	const char *value;
};

/* Which filter, and where it was asked for. */
struct filter_spec {
	const char *name; /* NULL: no file, the options are all of it */
	const struct filter_option *options;
	size_t options_n;
	bool journal;	  /* logtype: the journal's short form, else a file's */
	const char *file; /* of the jail, for messages; may be NULL */
	int line;
};

/* One failregex, ignoreregex or prefregex with its tags put in. */
struct filter_row {
	const char *text;
	const char *file;
	int line;
};

/* A filter file as read, with modes and tags resolved but nothing compiled. */
struct filterfile {
	struct filter_row prefregex;  /* text NULL if there is none */
	struct filter_row *failregex; /* none if the key is empty on purpose */
	size_t failregex_n;
	struct filter_row *ignoreregex;
	size_t ignoreregex_n;
	const char *journalmatch;	    /* NULL if there is none */
	struct filter_row journalmatch_row; /* where it stands */
	const char *datepattern;	    /* likewise */
	struct filter_row datepattern_row;  /* where it stands */
	long maxlines;
	bool maxlines_set;  /* it stands in the file */
	bool journal;	    /* logtype: lines come without a date */
	bool names;	    /* <HOST> may be a name: usedns is not "no" */
	const char *usedns; /* NULL: not said */
	bool repeats;	    /* filter_counts_repeats */
	bool shipped;	    /* all of it came with mailban, as it was tested */
};

/*
 * Reads filter.d/NAME.conf and .local of confdir, or the shipped one of
 * datadir with confdir's .local; either may be NULL. A name with a slash is a
 * path of its own. All memory from the arena. False if err got a fault.
 */
bool filterfile_read(struct filterfile *out, const struct filter_spec *spec,
	const char *confdir, const char *datadir, struct arena *arena,
	struct err *err);

/*
 * "name[a=b, c="d"][e=f]" cut into spec's name and options, from the arena.
 * False with a fault in err if it is malformed.
 */
bool filter_spec_parse(struct filter_spec *spec, const char *text,
	struct arena *arena, struct err *err);

#endif
