/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tries to make a match long: each field of a line that a failregex matches is
 * filled up, and the line is spoilt so that the regex has to try all ways. It
 * counts PCRE2's steps, never time, so that the answer is the same everywhere.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/lint/lint.h"

#define LINES_MOST 8
#define FILL_LEAST 32
#define FILL_MOST 2048
/* Steps by a field's length to this power, or rather by 2 to it. */
#define POWER_LEAST 1.5
#define POWER_MANY 4
#define STEPS_MOST (1u << 26)

struct attempt {
	const struct lint_line *line;
	size_t from, to;  /* the field in the subject */
	const char *unit; /* what it is filled with */
	bool cut;	  /* nothing stands behind it */
};

/* The subject with the field filled to n bytes, and spoilt; caller frees. */
static char *filled(const struct attempt *a, size_t n)
{
	const char *rest = a->cut ? "" : a->line->subject + a->to;
	size_t unit = strlen(a->unit), units = (n + unit - 1) / unit * unit;
	char *out = malloc(a->from + units + strlen(rest) + 2), *to;

	if (!out)
		abort();
	to = mempcpy(out, a->line->subject, a->from);
	for (size_t have = 0; have < units; have = have ? 2 * have : unit)
		memcpy(to + have, have ? to : a->unit,
			have == 0	      ? unit
			: have < units - have ? have
					      : units - have);
	sprintf(to + units, "%s\001", rest);
	return out;
}

static uint32_t steps(
	const struct lint_rule *rule, const struct attempt *a, size_t n)
{
	char *text = filled(a, n);
	uint32_t taken = (uint32_t)regex_work(
		rule->regex, text, strlen(text), STEPS_MOST);

	free(text);
	return taken;
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

	if (!is_given_up(rule, a, FILL_MOST))
		return 0;
	while (n < FILL_MOST && !is_given_up(rule, a, n))
		n *= 4;
	return n;
}

/* What is only proportional to a line's length is as it must be. */
static bool tell(struct lint *lint, const struct lint_rule *rule,
	const struct attempt *a, size_t field, size_t n)
{
	size_t few = n <= FILL_LEAST ? 8 : n / 4, length;
	uint32_t low = steps(rule, a, few), high = steps(rule, a, 2 * few);
	const char *part = pattern_field(rule->pattern, field, &length);
	double power = log2((double)high / (double)low);
	char *text, *line;

	if (power < POWER_LEAST && low < STEPS_MOST)
		return false;
	text = filled(a, few);
	line = lint_joined(a->line, text);
	if (power > POWER_MANY)
		lint_tell(lint, "slow", rule->row, line, NULL,
			"repeat nothing that is itself repeated, or begin each "
			"round with a byte that cannot stand within",
			"'%.*s' can be matched in ever more ways: %s%u steps "
			"with %zu bytes there, %s%u with %zu; with %zu it is "
			"given up",
			(int)length, part, low < STEPS_MOST ? "" : "over ", low,
			few, high < STEPS_MOST ? "" : "over ", high, 2 * few,
			n);
	else
		lint_tell(lint, "slow", rule->row, NULL, NULL,
			"take from one of the two what the other may hold, as "
			"[^ ]* before a blank",
			"'%.*s' overlaps with what stands beside it: %u steps "
			"with %zu bytes there, %s%u with %zu; with %zu it is "
			"given up",
			(int)length, part, low, few,
			high < STEPS_MOST ? "" : "over ", high, 2 * few, n);
	free(line);
	free(text);
	return true;
}

/* One field of one line, filled with what it may hold. */
static bool try_field(struct lint *lint, struct lint_rule *rule,
	struct attempt *a, size_t field)
{
	static const char *const units[] = {"a", "1", " ", ".", "x y ", "a.",
		"a=", "]", ":", "(", "/", "-", "\"", "a: ", "<", "'"};
	char own[3] = {0};
	size_t n;

	own[0] = a->line->subject[a->from];
	for (size_t i = 0; i <= sizeof(units) / sizeof(*units); i++) {
		a->unit = i ? units[i - 1] : own;
		if (!*a->unit ||
			(rule->fields[field] &&
				regex_search(rule->fields[field], a->unit,
					strlen(a->unit), true) == REGEX_MISS &&
				i))
			continue;
		for (int cut = 0; cut < 2; cut++) {
			a->cut = cut;
			n = given_up(rule, a);
			if (n && tell(lint, rule, a, field, n))
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
