/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_FILTER_H
#define MAILBAN_FILTERS_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filters/datecut.h"
#include "filters/failure.h"
#include "filters/filterfile.h"
#include "filters/literals.h"
#include "lib/err.h"
#include "lib/line.h"

/* A filter, compiled: it says of a line whether it is a failure, and whose. */
struct filter;

enum filter_verdict {
	FILTER_MISS,
	FILTER_MATCH,
	FILTER_IGNORED, /* a failregex matched, an ignoreregex vetoed */
	FILTER_HELD,	/* matched, but is no failure by itself (<F-NOFAIL>) */
	FILTER_NAMED,	/* a failure of a host's name or an id, no address */
};

struct filter_counts {
	uint64_t matched, ignored, limits, no_address;
	uint64_t named; /* failures of a name, which is not banned */
};

/*
 * Loads and compiles. NULL if err got a fault; each regex that does not
 * compile is one, with the file and line it stands on.
 */
struct filter *filter_new(const struct filter_spec *spec, const char *confdir,
	const char *datadir, struct err *err);
void filter_free(struct filter **filter);

/* How many failregex there are, and the texts that one of them requires. */
size_t filter_regexes(const struct filter *filter);
const struct literals *filter_literals(const struct filter *filter, size_t i);
/* The failregex as the file has it, for people. */
const char *filter_regex_text(const struct filter *filter, size_t i);
/* All that its files say. */
const struct filterfile *filter_file(const struct filter *filter);
const struct filter_counts *filter_counts(const struct filter *filter);
/*
 * An expression that was given up on some line and that was not told of yet:
 * its row, once. NULL: there is none.
 */
const struct filter_row *filter_tell_given_up(struct filter *filter);

/*
 * False only if no line whose body begins with these n bytes can match,
 * whatever follows.
 */
bool filter_may_follow(struct filter *filter, const char *head, size_t n);

/*
 * Whether it must see every line whole: it cuts the date out by itself, or
 * joins lines, so that no text of one line tells whether it is worth a look.
 */
bool filter_wants_all(const struct filter *filter);

/* Whether what it says of a line may depend on the lines before it. */
bool filter_keeps_state(const struct filter *filter);

/* Whether a line makes it doubt or excuse some of those behind it, unless a
 * stranger's (<F-SPILL>, <F-FAULT>). */
bool filter_warns(const struct filter *filter);

/* A body made ready for matching; shared by the filters that look at it. */
struct filter_subject {
	const struct line *line;
	uint64_t number;  /* of the line, for regex_search_in */
	const char *text; /* valid UTF-8, or ASCII */
	size_t n;
	bool ascii; /* or so long that it is matched by bytes all the same */
	bool has_newline;
	bool dated; /* without its date, which is time (0: it has none) */
	int64_t time;
	uint32_t more; /* lines that it stands for beside itself */
};

/*
 * Longer texts are matched by bytes: characters beyond ASCII are then no
 * letters and count for as many as they have bytes. Matching by characters
 * takes PCRE2 five to ten times as long.
 */
#define FILTER_CHARACTERS 8192

/*
 * Prepares a line. Bytes that are no UTF-8 become U+FFFD, or 0x1a in a text
 * that is matched by bytes, in a buffer that is kept until the next call.
 */
void filter_subject(const struct line *line, struct filter_subject *out);

/* Whether it takes rsyslog's "message repeated 5 times: [...]" for those lines
 * (lib/repeated.h), as its files say. */
bool filter_counts_repeats(const struct filter *filter);
/*
 * The same of a line that is such; false, and *out untouched, if it is not.
 * Then the subject's line is the one that came again; it is kept until the next
 * call too.
 */
bool filter_subject_repeated(
	const struct line *line, struct filter_subject *out);
/* Of these two, what the filter is to see. */
void filter_subject_for(const struct filter *filter, const struct line *line,
	struct filter_subject *out);

/*
 * Which dates it cuts out of lines that come with theirs, and does so: the
 * subject may then be shown to every filter of that kind, but DATECUT_OWN.
 */
enum datecut_kind filter_datecut(const struct filter *filter);
void filter_cut_date(struct filter *filter, struct filter_subject *subject);

/*
 * The same for any text, into a buffer of the caller's that grows as needed;
 * out's line stays what it was.
 */
void filter_subject_clean(const char *text, size_t n, char **buffer,
	size_t *room, struct filter_subject *out);

/*
 * Tries, in order, the failregex whose bit is set in wanted (NULL: all).
 * On FILTER_MATCH and FILTER_NAMED *out is filled. Lines must come in their
 * order: a filter keeps what earlier ones said of a connection (<F-MLFID>).
 */
enum filter_verdict filter_match(struct filter *filter,
	const struct filter_subject *subject, const uint64_t *wanted,
	struct failure *out);
/* The same of a subject that has been through filter_cut_date of this one. */
enum filter_verdict filter_match_cut(struct filter *filter,
	const struct filter_subject *subject, const uint64_t *wanted,
	struct failure *out);

#endif
