/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban lint: what is risky in a filter, each with the row it stands on and,
 * where there is one, the line that shows it. What it tells is tried out with
 * the daemon's own matching and never guessed from the look of a regex.
 */
#include "cli/lint/lint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/jsonout.h"
#include "cli/offline.h"
#include "lib/line.h"
#include "sources/header.h"

/* Fewer samples do not tell that one regex takes all of another's lines. */
#define SAMPLES_LEAST 4

char *lint_joined(const struct lint_line *line, const char *subject)
{
	char *text;

	if (asprintf(&text, "%s%s%s", line->before, subject, line->after) < 0)
		abort();
	return text;
}

bool lint_takes(struct lint *lint, const char *line, const char *address)
{
	struct header_clock clock = {0};
	const uint64_t *wanted = NULL;
	struct filter_subject subject;
	struct failure failure;
	char who[PREFIX_TEXT];
	struct line cut;

	header_cut(line, strlen(line), &clock, &cut);
	filter_subject(&cut, &subject);
	filter_cut_date(lint->filter, &subject);
	if (lint->file.maxlines <= 1) {
		wanted = lintcandidates_of(lint, subject.text, subject.n);
		if (!wanted)
			return false;
	}
	return filter_match_cut(lint->filter, &subject, wanted, &failure) ==
		       FILTER_MATCH &&
	       !strcmp(prefix_format(&failure.who, who), address);
}

/* One more of several lines that are matched together. */
static void on_lines(struct lint *lint, const struct filter_subject *subject)
{
	struct failure failure;
	enum filter_verdict v =
		filter_match(lint->filter, subject, NULL, &failure);

	if (v != FILTER_MATCH && v != FILTER_NAMED)
		return;
	lint->found++;
	lint->dated += failure.time != 0;
	lint->rules[failure.regex].matched++;
	lint->rules[failure.regex].first++;
}

/* A line of a log: which failregex match it, each asked alone. */
static void on_line(void *ctx, const struct line *line)
{
	struct lint *lint = ctx;
	struct filter_subject subject, cut;
	struct failure failure;
	const uint64_t *bits;
	bool first = true;

	filter_subject_for(lint->filter, line, &subject);
	lint->lines++;
	if (lint->file.maxlines > 1) {
		on_lines(lint, &subject);
		return;
	}
	cut = subject;
	filter_cut_date(lint->filter, &cut);
	bits = lintcandidates_of(lint, cut.text, cut.n);
	for (size_t i = lintcandidates_next(lint, bits, 0); i < lint->n;
		i = lintcandidates_next(lint, bits, i + 1)) {
		enum filter_verdict v;

		lint->alone[i / 64] = UINT64_C(1) << (i % 64);
		v = filter_match_cut(lint->filter, &cut, lint->alone, &failure);
		lint->alone[i / 64] = 0;
		if (v == FILTER_MISS)
			continue;
		lint->rules[i].matched++;
		lint->rules[i].first += first;
		if (first) {
			lint->found++;
			lint->dated +=
				line->time != 0 ||
				((v == FILTER_MATCH || v == FILTER_NAMED) &&
					failure.time != 0);
		}
		first = false;
		lintrule_line(lint, &lint->rules[i], &subject);
	}
}

/* Which earlier failregex takes every sample of this one; NULL if none. */
static const struct lint_rule *taken_by(
	struct lint *lint, const struct lint_rule *rule)
{
	const char *text = rule->lines[0].subject;
	const uint64_t *bits;

	if (rule->samples_n < SAMPLES_LEAST)
		return NULL;
	bits = lintcandidates_of(lint, text, strlen(text));
	for (size_t i = lintcandidates_next(lint, bits, 0);
		i < (size_t)(rule - lint->rules);
		i = lintcandidates_next(lint, bits, i + 1)) {
		const struct lint_rule *other = &lint->rules[i];
		size_t n = 0;

		while (other->regex && n < rule->samples_n &&
			regex_search(other->regex, rule->lines[n].subject,
				strlen(rule->lines[n].subject),
				true) == REGEX_MATCH)
			n++;
		if (n == rule->samples_n)
			return other;
	}
	return NULL;
}

static void judge_place(struct lint *lint, struct lint_rule *rule, bool logs)
{
	const struct lint_rule *other;

	if (rule->same != rule) {
		lint_tell(lint, "duplicate", rule->row, NULL, NULL,
			"take one of the two away",
			"it is the same as that of line %d",
			rule->same->row->line);
		return;
	}
	other = taken_by(lint, rule);
	if (other)
		lint_tell(lint, "unreachable", rule->row, NULL, NULL,
			"take it away, or put it first if it says more",
			"that of line %d matches whatever it was tried with, "
			"and comes first",
			other->row->line);
	else if (rule->matched && !rule->first)
		lint_tell(lint, "unreachable", rule->row, NULL, NULL,
			"take it away, or put it first if it says more",
			"an earlier failregex took each of the %zu lines of "
			"the log that it matches",
			rule->matched);
	else if (logs && !rule->matched)
		lint_tell(lint, "unmatched", rule->row, NULL, NULL,
			"nothing, if the log is of few days; else look up what "
			"the program writes by now",
			"none of the log's %zu lines ever matched it",
			lint->lines);
}

static void judge(struct lint *lint, struct lint_rule *rule, bool logs)
{
	if (!rule->regex)
		return;
	if (regex_search(rule->regex, "", 0, true) == REGEX_MATCH)
		lint_tell(lint, "empty", rule->row, NULL, NULL,
			"say what stands around the address",
			"it matches an empty text, and so every line");
	judge_place(lint, rule, logs);
	/* Nobody has a newline logged as one, which such a proof would need. */
	if (lint->file.maxlines <= 1)
		lintforge_run(lint, rule);
	lintcost_run(lint, rule);
	if (rule->lines_n)
		return;
	if (regex_may_follow(rule->regex, LINT_HOLE, 1))
		lint_tell(lint, "open", rule->row, NULL, NULL,
			"begin it with '^', and give a log that it matches",
			"it is not bound to the beginning, and no line could "
			"be made up to try it");
	else
		lint_tell(lint, "untried", rule->row, NULL, NULL,
			"give a log that it matches, behind the filter",
			"no line could be made up to try it, so nothing is "
			"known of it");
}

static int compare_texts(const void *a, const void *b)
{
	const struct lint_rule *x = *(struct lint_rule *const *)a;
	const struct lint_rule *y = *(struct lint_rule *const *)b;
	int r = strcmp(x->row->text, y->row->text);

	return r ? r : (x > y) - (x < y);
}

static void find_same(struct lint *lint)
{
	struct lint_rule **sorted = calloc(lint->n + 1, sizeof(*sorted));

	if (!sorted)
		abort();
	for (size_t i = 0; i < lint->n; i++)
		sorted[i] = &lint->rules[i];
	qsort(sorted, lint->n, sizeof(*sorted), compare_texts);
	for (size_t i = 0; i < lint->n; i++)
		sorted[i]->same = i && !strcmp(sorted[i]->row->text,
					       sorted[i - 1]->row->text)
					  ? sorted[i - 1]->same
					  : sorted[i];
	free(sorted);
}

static void rules_init(struct lint *lint)
{
	lint->rules = calloc(lint->n + 1, sizeof(*lint->rules));
	if (!lint->rules)
		abort();
	if (lint->file.prefregex.text) {
		lintrule_init(lint, &lint->pref, &lint->file.prefregex);
		lintrule_samples(lint, &lint->pref);
	}
	for (size_t i = 0; i < lint->n; i++) {
		lintrule_init(lint, &lint->rules[i], &lint->file.failregex[i]);
		lintrule_samples(lint, &lint->rules[i]);
	}
	find_same(lint);
}

static void lint_all(struct lint *lint, bool logs)
{
	if (lint->pref.regex)
		lintcost_run(lint, &lint->pref);
	for (size_t i = 0; i < lint->n; i++)
		judge(lint, &lint->rules[i], logs);
	if (logs && lint->found && !lint->dated && lint->n)
		lint_tell(lint, "undated", &lint->file.failregex[0], NULL, NULL,
			"set datepattern to what they begin with",
			"none of the %zu lines that match has a date that is "
			"understood, so each counts as of now",
			lint->found);
}

int lint_run(const struct command *self, const struct options *options,
	int argc, char **argv)
{
	struct lint lint = {.findings = json_array()};
	struct arena *arena = arena_new();
	int status = EXIT_FAULT;

	if (argc < 1) {
		status = command_misused(self);
		goto end;
	}
	lint.filter = offline_filter(argv[0], options, &lint.file, arena);
	if (!lint.filter)
		goto end;
	lint.n = lint.file.failregex_n;
	lintcandidates_init(&lint);
	rules_init(&lint);
	status = EXIT_YES;
	for (int i = 1; i < argc && status == EXIT_YES; i++)
		status = offline_read(argv[i], on_line, &lint);
	if (status == EXIT_YES) {
		lint_all(&lint, argc > 1);
		if (options->json)
			jsonout_print(lint.findings);
		else
			lint_print(&lint);
		status = json_array_size(lint.findings) ? EXIT_NO : EXIT_YES;
	}
	for (size_t i = 0; i < lint.n; i++)
		lintrule_deinit(&lint.rules[i]);
	lintrule_deinit(&lint.pref);
	free(lint.rules);
	lintcandidates_deinit(&lint);
	filter_free(&lint.filter);
end:
	json_decref(lint.findings);
	arena_free(&arena);
	return status;
}
