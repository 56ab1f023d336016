/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A failregex taken apart, and the lines that it is tried with: samples made
 * up from it, with what must stand around them, and lines of a log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/lint/lint.h"
#include "filters/pyregex.h"
#include "lib/line.h"

#define VARIANTS (LINT_SAMPLES * 4)

static struct regex *alone(const char *part, size_t n)
{
	char *text, why[256];
	struct regex *regex;

	if (asprintf(&text, "\\A(?:%.*s)\\z", (int)n, part) < 0)
		abort();
	regex = regex_new(text, why, sizeof(why));
	free(text);
	return regex;
}

/* A row taken apart; what does not work leaves its part empty. */
void lintrule_init(const struct lint *lint, struct lint_rule *rule,
	const struct filter_row *row)
{
	const char *cause, *part;
	char why[256], *text, *marked, *whole;
	size_t n;

	rule->row = row;
	text = pyregex_translate(row->text, lint->file.names, &cause);
	if (!text)
		return;
	if (asprintf(&whole, "%s%s", lint->file.maxlines > 1 ? "(?m)" : "",
		    text) < 0)
		abort();
	rule->regex = regex_new(whole, why, sizeof(why));
	free(whole);
	rule->pattern = pattern_new(text);
	free(text);
	if (!rule->pattern)
		return;
	marked = pattern_marked(rule->pattern);
	rule->marked = regex_new(marked, why, sizeof(why));
	free(marked);
	rule->fields_n = pattern_fields(rule->pattern);
	rule->fields = calloc(rule->fields_n + 1, sizeof(struct regex *));
	if (!rule->fields)
		abort();
	for (size_t i = 0; i < rule->fields_n; i++) {
		part = pattern_field(rule->pattern, i, &n);
		rule->fields[i] = alone(part, n);
	}
}

static void line_deinit(struct lint_line *line)
{
	free(line->before);
	free(line->subject);
	free(line->after);
}

void lintrule_deinit(struct lint_rule *rule)
{
	for (size_t i = 0; i < rule->fields_n; i++)
		regex_free(&rule->fields[i]);
	free(rule->fields);
	for (size_t i = 0; i < rule->lines_n; i++)
		line_deinit(&rule->lines[i]);
	regex_free(&rule->regex);
	regex_free(&rule->marked);
	pattern_free(&rule->pattern);
}

static char *copy_of(const char *text, size_t n)
{
	char *copy = strndup(text, n);

	if (!copy)
		abort();
	return copy;
}

/* What stands around a subject: a date, and what the prefregex wants. */
static void surround(struct lint *lint, struct lint_line *line, unsigned int v)
{
	static const char *const dates[] = {"Nov 21 10:00:00",
		"Nov 21 10:00:00 ", "", "2026-11-21 10:00:00 ",
		"[21/Nov/2026:10:00:00 +0000] ", "1790000000 "};
	char frame[LINT_TEXT] = LINT_HOLE;
	const char *hole;
	bool takes = false;

	if (lint->pref.pattern &&
		!pattern_sample(lint->pref.pattern, v % 4, LINT_CLIENT,
			LINT_HOLE, frame, sizeof(frame)))
		strcpy(frame, LINT_HOLE);
	hole = strstr(frame, LINT_HOLE);
	if (!hole)
		hole = strcpy(frame, LINT_HOLE);
	line->after = copy_of(hole + 1, strlen(hole + 1));
	for (size_t i = 0; i < sizeof(dates) / sizeof(*dates) && !takes; i++) {
		char *whole;

		free(line->before);
		if (asprintf(&line->before, "%s%.*s", dates[i],
			    (int)(hole - frame), frame) < 0)
			abort();
		whole = lint_joined(line, line->subject);
		takes = lint_takes(lint, whole, LINT_CLIENT);
		free(whole);
	}
}

static bool has_subject(const struct lint_rule *rule, const char *subject)
{
	for (size_t i = 0; i < rule->lines_n; i++)
		if (!strcmp(rule->lines[i].subject, subject))
			return true;
	return false;
}

void lintrule_samples(struct lint *lint, struct lint_rule *rule)
{
	char text[LINT_TEXT];

	if (!rule->pattern || !rule->regex)
		return;
	for (unsigned int v = 0; v < VARIANTS; v++) {
		size_t n = pattern_sample(rule->pattern, v, LINT_CLIENT, NULL,
			text, sizeof(text));
		struct lint_line *line = &rule->lines[rule->lines_n];

		if (rule->samples_n == LINT_SAMPLES || !n ||
			has_subject(rule, text) ||
			regex_search(rule->regex, text, n, true) != REGEX_MATCH)
			continue;
		line->subject = copy_of(text, n);
		if (rule != &lint->pref) {
			surround(lint, line, v);
		} else {
			line->before = copy_of("", 0);
			line->after = copy_of("", 0);
		}
		rule->lines_n++;
		rule->samples_n++;
	}
}

/* What the failregex see of a line, if its bytes are the line's own. */
static struct regex_span subject_of(
	struct lint *lint, const struct filter_subject *s)
{
	struct regex_span span = {s->text, s->n};

	if (s->text != s->line->body || !s->ascii)
		return (struct regex_span){NULL, 0};
	if (!lint->pref.regex)
		return span;
	if (regex_search(lint->pref.regex, s->text, s->n, true) != REGEX_MATCH)
		return (struct regex_span){NULL, 0};
	span = regex_group(lint->pref.regex, GROUP_CONTENT);
	return span;
}

void lintrule_line(struct lint *lint, struct lint_rule *rule,
	const struct filter_subject *s)
{
	struct regex_span span = subject_of(lint, s);
	const struct line *whole = s->line;
	struct lint_line *line = &rule->lines[rule->lines_n];
	size_t from;

	if (rule->lines_n - rule->samples_n >= LINT_LINES || !span.text ||
		!span.n || span.n >= LINT_TEXT ||
		memchr(whole->text, '\0', whole->text_len) ||
		regex_search(rule->regex, span.text, span.n, true) !=
			REGEX_MATCH)
		return;
	from = (size_t)(span.text - whole->text);
	line->before = copy_of(whole->text, from);
	line->subject = copy_of(span.text, span.n);
	line->after =
		copy_of(span.text + span.n, whole->text_len - from - span.n);
	rule->lines_n++;
}
