/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tries to forge an address: lines that a failregex matches get, in the place
 * where a client may have a say, a text that looks like what the failregex
 * looks for, with another address. Only what the whole filter then takes for
 * that other address is told, with the line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/lint/lint.h"
#include "filters/pyregex.h"
#include "lib/line.h"
#include "sources/header.h"

#define FIELDS_MOST 64

struct span {
	size_t from, to;
	bool set;
};

/* A line that matches, and where what stands in its subject. */
struct scene {
	struct lint *lint;
	struct lint_rule *rule;
	const struct lint_line *line;
	const char *subject;
	struct span match, address, fields[FIELDS_MOST];
	size_t trusted; /* before here the program has no text of a client's */
};

static struct span span_of(const struct scene *s, struct regex_span found)
{
	struct span span = {0};

	if (!found.text)
		return span;
	span.from = (size_t)(found.text - s->subject);
	span.to = span.from + found.n;
	span.set = true;
	return span;
}

/* Where the header of a syslog line ends, in the subject. */
static size_t trusted_of(const struct scene *s)
{
	char *line = lint_joined(s->line, s->subject);
	struct header_clock clock = {0};
	struct line cut;
	size_t at, before = strlen(s->line->before);

	header_cut(line, strlen(line), &clock, &cut);
	at = (size_t)(cut.message - cut.text);
	if (!cut.tag_len)
		at = 0;
	free(line);
	return at > before ? at - before : 0;
}

static bool scene_set(struct scene *s)
{
	static const char *const groups[] = {
		GROUP_IP4, GROUP_IP6, GROUP_DNS, GROUP_ID, GROUP_HOST};
	struct regex *regex = s->rule->marked;
	char name[32];

	s->subject = s->line->subject;
	if (!regex || regex_search(regex, s->subject, strlen(s->subject),
			      false) != REGEX_MATCH)
		return false;
	s->match = span_of(s, regex_numbered(regex, 0));
	s->address.set = false;
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		if (!s->address.set)
			s->address = span_of(s, regex_group(regex, groups[i]));
	for (size_t i = 0; i < s->rule->fields_n && i < FIELDS_MOST; i++) {
		snprintf(name, sizeof(name), "field_%zu", i);
		s->fields[i] = span_of(s, regex_group(regex, name));
	}
	s->trusted = trusted_of(s);
	return s->address.set;
}

/* subject[from .. to) with the decoy where the address is; caller frees. */
static char *decoyed(const struct scene *s, size_t from, size_t to)
{
	char *out;

	if (asprintf(&out, "%.*s%s%.*s", (int)(s->address.from - from),
		    s->subject + from, LINT_DECOY, (int)(to - s->address.to),
		    s->subject + s->address.to) < 0)
		abort();
	return out;
}

/* The line that is banned for, if the filter falls for it; else NULL. */
static char *fallen_for(const struct scene *s, const char *subject)
{
	char *line = lint_joined(s->line, subject);

	if (lint_takes(s->lint, line, LINT_DECOY))
		return line;
	free(line);
	return NULL;
}

static bool takes_decoy(const struct scene *s, const char *subject)
{
	static const char *const groups[] = {
		GROUP_IP4, GROUP_IP6, GROUP_DNS, GROUP_ID, GROUP_HOST};
	struct regex *regex = s->rule->regex;

	if (regex_search(regex, subject, strlen(subject), false) != REGEX_MATCH)
		return false;
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		struct regex_span span = regex_group(regex, groups[i]);

		if (span.text)
			return span.n == strlen(LINT_DECOY) &&
			       !memcmp(span.text, LINT_DECOY, span.n);
	}
	return false;
}

/* The header of the subject, if it is one without a doubt: with a pid. */
static size_t header_of(const struct scene *s)
{
	size_t n = s->trusted;

	return n > 3 && !memcmp(s->subject + n - 3, "]: ", 3) ? n : 0;
}

/* Another message of the same program, or of any, with all of it inside. */
static bool try_anywhere(struct scene *s)
{
	static const char other[] = " mx login[7]: no such user: ";
	static const char same[] = "no such user: ";
	size_t n = strlen(s->subject);
	bool content = s->lint->pref.row;
	char *text = decoyed(s, 0, n), *subject, *line = NULL;

	for (int i = content ? 1 : 0; i < 2 && !line; i++) {
		size_t head = i && !content ? header_of(s) : 0;

		if (i && !content && !head)
			break;
		if (asprintf(&subject, "%.*s%s%s", (int)head, s->subject,
			    i ? same : other, text + head) < 0)
			abort();
		if (takes_decoy(s, subject))
			line = fallen_for(s, subject);
		free(subject);
	}
	free(text);
	if (line)
		lint_tell(s->lint, "forged", s->rule->row, line, LINT_DECOY,
			"begin it with '^' and all that stands before the "
			"address",
			"it matches anywhere in a message, so that a client's "
			"text in any other one can look like it");
	free(line);
	return line;
}

/* One text in one place; true if the filter falls for it. */
static bool try_in(struct scene *s, struct span place, struct regex *allowed,
	const char *text, size_t field)
{
	static const char *const frames[][2] = {
		{"", ""}, {"x ", ""}, {"x", ""}, {"x ", " x"}, {"", "x"}};
	char *held, *subject, *line = NULL;
	const char *part;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(frames) / sizeof(*frames) && !line; i++) {
		if (asprintf(&held, "%s%s%s", frames[i][0], text,
			    frames[i][1]) < 0)
			abort();
		if (!allowed || regex_search(allowed, held, strlen(held),
					false) == REGEX_MATCH) {
			if (asprintf(&subject, "%.*s%s%s", (int)place.from,
				    s->subject, held,
				    s->subject + place.to) < 0)
				abort();
			if (takes_decoy(s, subject))
				line = fallen_for(s, subject);
			free(subject);
		}
		free(held);
	}
	if (!line)
		return false;
	if (!allowed) {
		lint_tell(s->lint, "forged", s->rule->row, line, LINT_DECOY,
			"say exactly what stands before the address, and end "
			"it with '$'",
			"its end is open, so that what a client has logged "
			"behind the rest is taken for the address");
	} else {
		part = pattern_field(s->rule->pattern, field, &n);
		lint_tell(s->lint, "forged", s->rule->row, line, LINT_DECOY,
			"write what cannot stand there instead, as [^]]* "
			"before a ']'",
			"'%.*s' %s the address can hold a text that is taken "
			"for it",
			(int)n, part,
			place.from < s->address.from ? "before" : "behind");
	}
	free(line);
	return true;
}

/* All texts that could pass for what leads to the address, in one place. */
static bool try_place(
	struct scene *s, struct span place, struct regex *allowed, size_t field)
{
	size_t ends[] = {s->match.to, s->address.to, s->address.to + 1,
		s->address.to + 2};

	for (size_t g = 0; g <= s->rule->fields_n; g++) {
		size_t from = s->match.from;

		if (g > 0 && (!s->fields[g - 1].set ||
				     s->fields[g - 1].to > s->address.from))
			continue;
		if (g > 0)
			from = s->fields[g - 1].to;
		for (size_t e = 0; e < 4; e++) {
			char *text;
			bool fell;

			if (ends[e] > s->match.to || ends[e] < s->address.to)
				continue;
			text = decoyed(s, from, ends[e]);
			fell = try_in(s, place, allowed, text, field);
			free(text);
			if (fell)
				return true;
		}
	}
	return false;
}

static bool try_fields(struct scene *s)
{
	for (size_t i = 0; i < s->rule->fields_n && i < FIELDS_MOST; i++)
		if (s->fields[i].set && s->rule->fields[i] &&
			s->fields[i].from >= s->trusted &&
			try_place(s, s->fields[i], s->rule->fields[i], i))
			return true;
	return false;
}

/*
 * Behind an end that is open. Only where a text without a meaning may stand
 * there too; a regex that looks ahead was made by one who thought of it.
 */
static bool try_end(struct scene *s)
{
	static const char *const marks[] = {" ", ", ", "; "};
	size_t n = strlen(s->subject);
	bool fell = false;

	if (strstr(s->rule->row->text, "(?!"))
		return false;
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks) && !fell; i++) {
		struct lint_line longer = *s->line;
		struct scene behind = *s;

		if (asprintf(&longer.subject, "%s%sx y", s->subject, marks[i]) <
			0)
			abort();
		behind.line = &longer;
		if (scene_set(&behind)) {
			longer.subject[n + strlen(marks[i])] = '\0';
			fell = behind.match.to <= n + strlen(marks[i]) &&
			       try_place(&behind,
				       (struct span){n + strlen(marks[i]),
					       n + strlen(marks[i]), true},
				       NULL, 0);
		}
		free(longer.subject);
	}
	return fell;
}

/* A greedy part before the address that takes some of it away. */
static bool is_cut(const struct scene *s)
{
	size_t n = s->address.to - s->address.from;
	const char *taken = s->subject + s->address.from;
	const char *client = LINT_CLIENT;
	char *line;

	if (n >= strlen(client) || s->address.to < strlen(client) ||
		memcmp(s->subject + s->address.to - strlen(client), client,
			strlen(client)) != 0)
		return false;
	line = lint_joined(s->line, s->subject);
	lint_tell(s->lint, "cut", s->rule->row, line, NULL,
		"end what stands before it with what is there, as a blank",
		"of %s it takes '%.*s', and what stands before the address "
		"takes the rest",
		client, (int)n, taken);
	free(line);
	return true;
}

void lintforge_run(struct lint *lint, struct lint_rule *rule)
{
	struct scene s = {.lint = lint, .rule = rule};

	for (size_t i = 0; i < rule->lines_n; i++) {
		s.line = &rule->lines[i];
		if (scene_set(&s) && (is_cut(&s) || try_anywhere(&s) ||
					     try_fields(&s) || try_end(&s)))
			return;
	}
}
