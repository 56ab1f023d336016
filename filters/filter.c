/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A filter's file made into what is run: each regex compiled, with the groups
 * that it names and the texts that it requires. A fault is told with the file
 * and line that it stands on, and a filter with a fault is none.
 */
#include "filters/filter.h"

#include <stdio.h>
#include <stdlib.h>

#include "filters/filter_parts.h"
#include "filters/pyregex.h"

/* With maxlines, "^" and "$" are those of each line. */
static struct regex *compile_text(
	const char *text, bool multiline, char *why, size_t room)
{
	struct regex *regex;
	char *whole;

	if (!multiline)
		return regex_shared(text, why, room);
	if (asprintf(&whole, "(?m)%s", text) < 0)
		abort();
	regex = regex_shared(whole, why, room);
	free(whole);
	return regex;
}

/* A row of a file to a compiled regex; *translated is freed by the caller. */
static struct regex *compile_row(const struct filter_row *row, const char *key,
	const struct filterfile *file, char **translated, struct err *err)
{
	const char *cause = NULL;
	char why[256];
	struct regex *regex;

	*translated = pyregex_translate(row->text, file->names, &cause);
	if (!*translated) {
		err_fault(err, row->file, row->line, "%s: %s: %s", key, cause,
			row->text);
		return NULL;
	}
	regex = compile_text(*translated, file->maxlines > 1, why, sizeof(why));
	if (!regex)
		err_fault(err, row->file, row->line, "%s: %s: %s", key, why,
			row->text);
	else if (file->shipped)
		regex_trust(regex);
	return regex;
}

static bool names_someone(const struct groups *g)
{
	return groups_has(g, OF_HOST) || groups_has(g, OF_ID) ||
	       groups_has(g, OF_MLFID);
}

static void compile_prefregex(
	struct filter *filter, const struct filterfile *file, struct err *err)
{
	char *text;

	if (!file->prefregex.text)
		return;
	filter->prefregex =
		compile_row(&file->prefregex, "prefregex", file, &text, err);
	free(text);
	if (filter->prefregex)
		groups_find(filter->prefregex, &filter->pref_groups);
}

static void compile_failregex(
	struct filter *filter, const struct filterfile *file, struct err *err)
{
	filter->fail = calloc(file->failregex_n, sizeof(*filter->fail));
	if (!filter->fail)
		abort();
	for (size_t i = 0; i < file->failregex_n; i++) {
		const struct filter_row *row = &file->failregex[i];
		struct filter_rule *rule = &filter->fail[filter->fail_n];
		char *text;

		rule->regex = compile_row(row, "failregex", file, &text, err);
		if (rule->regex) {
			filter->fail_n++;
			rule->literals = literals_of(text);
			groups_find(rule->regex, &rule->groups);
			filter->has_spill |=
				groups_has(&rule->groups, OF_SPILL);
			if (groups_has(&rule->groups, OF_FAULT) &&
				!filter->excuses)
				filter->excuses = excuses_new();
			if (!names_someone(&rule->groups) &&
				!names_someone(&filter->pref_groups) &&
				!groups_has(&rule->groups, OF_NOFAIL))
				err_fault(err, row->file, row->line,
					"failregex: names no address; put "
					"<HOST> where it stands: %s",
					row->text);
		}
		free(text);
	}
}

static void compile_ignoreregex(
	struct filter *filter, const struct filterfile *file, struct err *err)
{
	filter->ignore =
		calloc(file->ignoreregex_n + 1, sizeof(*filter->ignore));
	if (!filter->ignore)
		abort();
	for (size_t i = 0; i < file->ignoreregex_n; i++) {
		char *text;
		struct regex *regex = compile_row(
			&file->ignoreregex[i], "ignoreregex", file, &text, err);

		if (regex)
			filter->ignore[filter->ignore_n++] = regex;
		free(text);
	}
}

static void compile_dates(
	struct filter *filter, const struct filterfile *file, struct err *err)
{
	char why[256];

	if (file->journal)
		return;
	filter->dates = datecut_new(file->datepattern, why, sizeof(why));
	if (!filter->dates)
		err_fault(err, file->datepattern_row.file,
			file->datepattern_row.line, "datepattern: %s: %s", why,
			file->datepattern);
}

static bool has_sessions(const struct filter *filter)
{
	bool has = groups_has(&filter->pref_groups, OF_MLFID);

	for (size_t i = 0; i < filter->fail_n; i++)
		has |= groups_has(&filter->fail[i].groups, OF_MLFID);
	return has;
}

struct filter *filter_new(const struct filter_spec *spec, const char *confdir,
	const char *datadir, struct err *err)
{
	struct filter *filter = calloc(1, sizeof(*filter));
	size_t faults = err->faults;
	struct filterfile *file;

	if (!filter)
		abort();
	filter->arena = arena_new();
	file = &filter->file;
	if (filterfile_read(file, spec, confdir, datadir, filter->arena, err)) {
		compile_prefregex(filter, file, err);
		compile_failregex(filter, file, err);
		compile_ignoreregex(filter, file, err);
		compile_dates(filter, file, err);
		if (file->maxlines > 1)
			filter->lines = linebuffer_new((size_t)file->maxlines);
		if (has_sessions(filter))
			filter->sessions = sessions_new();
	}
	if (err->faults != faults)
		filter_free(&filter);
	return filter;
}

void filter_free(struct filter **filter)
{
	struct filter *f = *filter;

	if (!f)
		return;
	regex_free(&f->prefregex);
	for (size_t i = 0; i < f->fail_n; i++) {
		regex_free(&f->fail[i].regex);
		free(f->fail[i].literals);
	}
	for (size_t i = 0; i < f->ignore_n; i++)
		regex_free(&f->ignore[i]);
	content_free(&f->content);
	free(f->given_up);
	free(f->fail);
	free(f->ignore);
	datecut_free(&f->dates);
	linebuffer_free(&f->lines);
	sessions_free(&f->sessions);
	excuses_free(&f->excuses);
	arena_free(&f->arena);
	free(f);
	*filter = NULL;
}

size_t filter_regexes(const struct filter *filter)
{
	return filter->fail_n;
}

const struct literals *filter_literals(const struct filter *filter, size_t i)
{
	return filter->fail[i].literals;
}

const char *filter_regex_text(const struct filter *filter, size_t i)
{
	return filter->file.failregex[i].text;
}

const struct filterfile *filter_file(const struct filter *filter)
{
	return &filter->file;
}

const struct filter_counts *filter_counts(const struct filter *filter)
{
	return &filter->counts;
}

bool filter_wants_all(const struct filter *filter)
{
	return filter->lines ||
	       (filter->dates && datecut_kind(filter->dates) == DATECUT_OWN);
}

enum datecut_kind filter_datecut(const struct filter *filter)
{
	return filter->dates ? datecut_kind(filter->dates) : DATECUT_OWN;
}

bool filter_keeps_state(const struct filter *filter)
{
	return filter->sessions || filter->lines;
}

bool filter_counts_repeats(const struct filter *filter)
{
	return filter->file.repeats;
}

bool filter_warns(const struct filter *filter)
{
	return filter->has_spill || filter->excuses;
}

static bool any_may_follow(struct filter *filter, const char *head, size_t n)
{
	for (size_t i = 0; i < filter->fail_n; i++)
		if (regex_may_follow(filter->fail[i].regex, head, n))
			return true;
	return false;
}

/* The same behind a prefregex that may follow. */
static bool content_may_follow(
	struct filter *filter, const char *head, size_t n)
{
	size_t starts[CONTENT_STARTS], starts_n;

	if (!groups_has(&filter->pref_groups, OF_CONTENT))
		return any_may_follow(filter, head, n);
	if (!filter->content_asked)
		filter->content = content_new(regex_text(filter->prefregex));
	filter->content_asked = true;
	if (!filter->content)
		return true;
	starts_n = content_starts(filter->content, head, n, starts);
	if (starts_n == CONTENT_UNKNOWN)
		return true;
	for (size_t i = 0; i < starts_n; i++)
		if (any_may_follow(filter, head + starts[i], n - starts[i]))
			return true;
	return false;
}

bool filter_may_follow(struct filter *filter, const char *head, size_t n)
{
	if (filter_wants_all(filter))
		return true;
	if (!filter->prefregex)
		return any_may_follow(filter, head, n);
	return regex_may_follow(filter->prefregex, head, n) &&
	       content_may_follow(filter, head, n);
}
