/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tries to make a match long: each field of a line that a failregex matches is
 * filled up, and the line is spoilt so that the regex has to try all ways. It
 * counts PCRE2's steps, never time, so that the answer is the same everywhere.
 * They have to grow faster than the text, and so that mailband gives up a line
 * that is no longer than lines can be.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/lint/lint.h"

#define LINES_MOST 8
/* With so few only what doubles with each byte or so is given up. */
#define FILL_LEAST 32
#define FILL_MOST 60000
/* What grows with the text's length shows with so much. */
#define GROWS_FEW 512
#define GROWS_MANY 2048
/* Steps by a field's length to this power, or rather by 2 to it. */
#define POWER_LEAST 1.5
#define POWER_MANY 4
#define STEPS_MOST 10000000
/* Of a line that is shown. */
#define SHOWN_MOST 64

struct attempt {
	const struct lint_line *line;
	size_t from, to;  /* the field in the subject */
	const char *unit; /* what it is filled with */
	enum { WHOLE, NOTHING, TORN, BEHINDS } behind; /* what stands there */
};

/* The subject with the field filled to n bytes, and spoilt; caller frees. */
static char *filled(const struct attempt *a, size_t n)
{
	const char *rest = a->line->subject + a->to;
	size_t rest_n = a->behind == NOTHING ? 0 : strlen(rest);
	size_t unit = strlen(a->unit), units = (n + unit - 1) / unit * unit;
	char *out = malloc(a->from + units + rest_n + 2), *to;

	if (!out)
		abort();
	to = mempcpy(out, a->line->subject, a->from);
	for (size_t have = 0; have < units; have = have ? 2 * have : unit)
		memcpy(to + have, have ? to : a->unit,
			have == 0	      ? unit
			: have < units - have ? have
					      : units - have);
	to += units;
	/* Its last byte is often asked for before all else. */
	if (a->behind == TORN && rest_n > 1) {
		to = mempcpy(to, rest, rest_n - 2);
		*to++ = rest[rest_n - 1];
	} else {
		to = mempcpy(to, rest, rest_n);
	}
	strcpy(to, "\001");
	return out;
}

static uint64_t steps(
	const struct lint_rule *rule, const struct attempt *a, size_t n)
{
	char *text = filled(a, n);
	uint64_t taken =
		regex_work(rule->regex, text, strlen(text), STEPS_MOST);

	free(text);
	return taken;
}

/* With each byte there more than with the one before: most texts are done with
 * at this. */
static bool grows(const struct lint_rule *rule, const struct attempt *a)
{
	uint64_t few = steps(rule, a, GROWS_FEW);
	uint64_t many = steps(rule, a, GROWS_MANY);

	return few >= STEPS_MOST ||
	       log2((double)many / (double)few) >
		       POWER_LEAST * log2((double)GROWS_MANY / GROWS_FEW);
}

static bool is_given_up(
	const struct lint_rule *rule, const struct attempt *a, size_t n)
{
	char *text = filled(a, n);
	enum regex_result r =
		regex_search(rule->regex, text, strlen(text), true);

	free(text);
	return r == REGEX_LIMIT;
}

/* The bytes with which the match is given up; 0 if it never is. */
static size_t given_up(const struct lint_rule *rule, const struct attempt *a)
{
	size_t n = FILL_LEAST;

	if (!grows(rule, a) || !is_given_up(rule, a, FILL_MOST))
		return 0;
	while (n < FILL_MOST && !is_given_up(rule, a, n))
		n *= 4;
	return n < FILL_MOST ? n : FILL_MOST;
}

/* The length at which the growth shows best: more takes too long. */
static size_t telling(
	const struct lint_rule *rule, const struct attempt *a, size_t most)
{
	size_t n = 4;

	while (4 * n <= most && steps(rule, a, 4 * n) < STEPS_MOST)
		n *= 2;
	return n;
}

static void tell(struct lint *lint, const struct lint_rule *rule,
	const struct attempt *a, size_t field, size_t n)
{
	size_t few = telling(rule, a, n), length;
	uint64_t low = steps(rule, a, few), high = steps(rule, a, 2 * few);
	const char *part = pattern_field(rule->pattern, field, &length);
	bool many = n <= FILL_LEAST ||
		    log2((double)high / (double)low) > POWER_MANY;
	char *text = filled(a, few < SHOWN_MOST ? few : SHOWN_MOST);
	char *line = lint_joined(a->line, text);

	lint_tell(lint, "slow", rule->row, line, NULL,
		many ? "repeat nothing that is itself repeated, or begin each "
		       "round with a byte that cannot stand within"
		     : "take from one of the two what the other may hold, as "
		       "[^ ]* before a blank, or anchor the expression with ^",
		"'%.*s' %s: %s%" PRIu64 " steps with %zu bytes there, "
		"%s%" PRIu64 " with %zu; with %zu it is given up",
		(int)length, part,
		many ? "can be matched in ever more ways"
		     : "overlaps with what stands beside it",
		low < STEPS_MOST ? "" : "over ", low, few,
		high < STEPS_MOST ? "" : "over ", high, 2 * few, n);
	free(line);
	free(text);
}

#define UNIT_MOST 256

/*
 * The i-th text to fill a field with; NULL behind the last. First what fits it
 * best: its own, and what nearly is all that stands behind it or the line.
 */
static const char *unit_of(
	const struct attempt *a, size_t i, char room[static UNIT_MOST])
{
	static const char *const others[] = {"a", "1", " ", ".", "x y ", "a.",
		"a=", "]", ":", "(", "/", "-", "\"", "a: ", "<", "'", NULL};
	const char *line = a->line->subject;
	const char *from = i == 1   ? line + a->to
			   : i == 2 ? line
				    : line + a->from;
	size_t n = strlen(from);

	if (i > 2)
		return others[i - 3];
	n = i == 0 ? n > 0 : n > 2 ? n - 2 : 0;
	if (n >= UNIT_MOST)
		n = UNIT_MOST - 1;
	memcpy(room, from, n);
	room[n] = '\0';
	return room;
}

/* One field of one line, filled with what it may hold. */
static bool try_field(struct lint *lint, struct lint_rule *rule,
	struct attempt *a, size_t field)
{
	char room[UNIT_MOST];
	size_t n;

	for (size_t i = 0; (a->unit = unit_of(a, i, room)); i++) {
		if (!*a->unit ||
			(rule->fields[field] &&
				regex_search(rule->fields[field], a->unit,
					strlen(a->unit), true) == REGEX_MISS &&
				i))
			continue;
		for (a->behind = 0; a->behind < BEHINDS; a->behind++) {
			n = given_up(rule, a);
			if (!n)
				continue;
			tell(lint, rule, a, field, n);
			return true;
		}
	}
	return false;
}

void lintcost_run(struct lint *lint, struct lint_rule *rule)
{
	struct attempt a;
	char name[32];

	for (size_t i = 0; i < rule->lines_n && i < LINES_MOST; i++) {
		a.line = &rule->lines[i];
		for (size_t f = 0; f < rule->fields_n; f++) {
			struct regex_span span;

			if (!rule->marked ||
				regex_search(rule->marked, a.line->subject,
					strlen(a.line->subject),
					false) != REGEX_MATCH)
				break;
			snprintf(name, sizeof(name), "field_%zu", f);
			span = regex_group(rule->marked, name);
			if (!span.text)
				continue;
			a.from = (size_t)(span.text - a.line->subject);
			a.to = a.from + span.n;
			if (try_field(lint, rule, &a, f))
				return;
		}
	}
}
