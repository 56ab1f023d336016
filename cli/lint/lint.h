/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_LINT_LINT_H
#define MAILBAN_CLI_LINT_LINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filters/filter.h"
#include "filters/filterfile.h"
#include "filters/pattern.h"
#include "filters/regex.h"

struct sieve;

/* The client of a sample, and whom it would like to see banned. */
#define LINT_CLIENT "192.0.2.1"
#define LINT_DECOY "203.0.113.66"
/* Variants of a sample, and lines of a log, that a failregex is tried with. */
#define LINT_SAMPLES 16
#define LINT_LINES 8
#define LINT_TEXT 8192 /* bytes of a line that is made up */
/* A byte that no log has and no regex names: where another text goes. */
#define LINT_HOLE "\001"

/* A line that a failregex matches: what it sees of it, and what is around. */
struct lint_line {
	char *before, *subject, *after;
};

/* A failregex or the prefregex, taken apart. */
struct lint_rule {
	const struct filter_row *row;
	const struct lint_rule *same; /* the first of the same text */
	struct regex *regex;
	struct pattern *pattern; /* NULL: not understood */
	struct regex *marked;	 /* each field in a group; may be NULL */
	struct regex **fields;	 /* each alone, anchored at both ends */
	size_t fields_n;
	struct lint_line lines[LINT_SAMPLES + LINT_LINES];
	size_t lines_n, samples_n;
	size_t matched, first; /* lines of the logs: in all, and as the first */
};

struct lint {
	struct filterfile file;
	struct filter *filter;	 /* made of file: as the daemon has it */
	struct lint_rule pref;	 /* row NULL: none */
	struct lint_rule *rules; /* of its failregex, in their order */
	size_t n;		 /* of them */
	struct {
		struct sieve *sieve;
		uint64_t *bits;
	} candidates;
	uint64_t *alone;	    /* n bits, all 0 but while one is asked */
	size_t lines, found, dated; /* of the logs */
	json_t *findings;	    /* an array of objects, see lint_tell() */
};

/*
 * One more finding: of a kind ("forged", "slow", ...), about a row, in words,
 * and what an admin can do about it. line is a proof, which is printed; it and
 * address may be NULL.
 */
__attribute__((format(printf, 7, 8))) void lint_tell(struct lint *lint,
	const char *kind, const struct filter_row *row, const char *line,
	const char *address, const char *advice, const char *format, ...);
/* All of them for people, and how many there are. */
void lint_print(const struct lint *lint);

/* Does the whole filter take address for the client of this line? */
bool lint_takes(struct lint *lint, const char *line, const char *address);
/* The line with another subject; the caller frees. */
char *lint_joined(const struct lint_line *line, const char *subject);

/*
 * Which failregex a text is worth asking, as bits that are good until the next
 * call; NULL: none of them can match it. Not for more than one line together.
 */
void lintcandidates_init(struct lint *lint);
void lintcandidates_deinit(struct lint *lint);
const uint64_t *lintcandidates_of(
	struct lint *lint, const char *text, size_t n);
/* The first of them from this one on; lint->n behind the last. */
size_t lintcandidates_next(
	const struct lint *lint, const uint64_t *bits, size_t from);

/* Takes a row apart; what does not work leaves its part of the rule empty. */
void lintrule_init(const struct lint *lint, struct lint_rule *rule,
	const struct filter_row *row);
void lintrule_deinit(struct lint_rule *rule);
/* Makes samples up, or takes a line of a log that the rule matches. */
void lintrule_samples(struct lint *lint, struct lint_rule *rule);
void lintrule_line(struct lint *lint, struct lint_rule *rule,
	const struct filter_subject *s);

/* Whether a client's text can pass for an address: kind "forged". */
void lintforge_run(struct lint *lint, struct lint_rule *rule);
/* Whether a text can make a match take very long: kind "slow". */
void lintcost_run(struct lint *lint, struct lint_rule *rule);

#endif
