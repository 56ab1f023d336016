/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_REGEX_H
#define MAILBAN_FILTERS_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One compiled regular expression, made to run on hostile lines: PCRE2 with
 * JIT, a limit on how far it goes, and three forms: one for subjects of pure
 * ASCII (bytes), one for such that have no newline, and one for all others (UTF
 * and UCP, as Python's str).
 */
struct regex;

/* What a subject is made of. */
enum regex_text {
	REGEX_UTF,   /* valid UTF-8 */
	REGEX_BYTES, /* ASCII, or what is to be matched by bytes */
	REGEX_LINE,  /* the same, and none of them is a newline */
};

enum regex_result { REGEX_MISS, REGEX_MATCH, REGEX_LIMIT };

struct regex_span {
	const char *text; /* NULL if the group is not in the regex or unset */
	size_t n;
};

/*
 * Compiles a text in PCRE2's syntax. NULL on error: then why (at least 200
 * bytes) holds what is wrong and at which character.
 */
struct regex *regex_new(const char *text, char *why, size_t room);
/*
 * The same to be asked about lines, shared by all who ask for the same text:
 * filters have heads and pieces in common. Who searches with one reads the
 * groups before anybody else does; each is freed by regex_free().
 */
struct regex *regex_shared(const char *text, char *why, size_t room);
void regex_free(struct regex **regex);
/*
 * It is known that no text takes it long (tests/filters/test_work.c): what it
 * does is not measured, which takes ten times as long with long lines.
 */
void regex_trust(struct regex *regex);

/*
 * A new line begins: how far PCRE2 may go in all searches of it is measured
 * from now on. Returns its number, for regex_search_in.
 */
uint64_t regex_begin_line(void);

/*
 * Searches subject, which must be valid UTF-8 unless ascii. REGEX_LIMIT: the
 * match was given up, which is to be counted as a line that got away.
 */
enum regex_result regex_search(
	struct regex *regex, const char *subject, size_t n, bool ascii);

/*
 * The same for a text that belongs to a line and stays as it is as long as the
 * line is looked at: who searches for the same in the same text gets the same
 * answer without a search. A line of 0 is none. Of one that is cut its end is
 * no end: "$" does not match there ("\z" still does).
 */
enum regex_result regex_search_in(struct regex *regex, uint64_t line,
	const char *subject, size_t n, enum regex_text what, bool cut);

/*
 * The same for the bytes from from on; those before are seen by a look behind,
 * and "^" stays the subject's own beginning.
 */
enum regex_result regex_search_from(struct regex *regex, const char *subject,
	size_t n, size_t from, bool ascii);

/* After REGEX_MATCH, until the next search: a group by its name. */
struct regex_span regex_group(const struct regex *regex, const char *name);
/* The same by its number; 0 is the whole match. */
struct regex_span regex_numbered(const struct regex *regex, int group);
/* As it was given. */
const char *regex_text(const struct regex *regex);
bool regex_has_group(const struct regex *regex, const char *name);
/*
 * The i-th of the named groups, sorted by name: its number, and its name in
 * *name; 0 behind the last.
 */
int regex_named(const struct regex *regex, size_t i, const char **name);

/*
 * False only if no text whatever that begins with head can match: the regex is
 * anchored and head already disagrees (pcre2partial(3), hard).
 */
bool regex_may_follow(struct regex *regex, const char *head, size_t n);

/*
 * How far PCRE2 goes to say no or yes, in bytes that it steps over, each item
 * of the regex that it tries for 16 of them: the same on every machine. most
 * if it needs more.
 */
uint64_t regex_work(
	struct regex *regex, const char *subject, size_t n, uint64_t most);

#endif
