/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fail2ban-regex says of a run: counts, regular expressions, dates, and
 * the lines themselves, to the byte as that program has it (1.0.2).
 */
#include "cli/fail2ban/regexreport.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/fail2ban/debuggex.h"
#include "cli/fail2ban/pytext.h"
#include "cli/fail2ban/regexdate.h"
#include "cli/fail2ban/regexlines.h"
#include "cli/text.h"
#include "filters/datepattern.h"
#include "filters/dates.h"
#include "lib/clock.h"

void regexreport_init(struct regexreport *r, struct regextest *test)
{
	*r = (struct regexreport){.test = test, .shown_most = 20};
	r->missed.shown = json_array();
	r->matched.shown = json_array();
	r->ignored.shown = json_array();
	r->pref_groups = json_array();
}

void regexreport_deinit(struct regexreport *r)
{
	json_decref(r->missed.shown);
	json_decref(r->matched.shown);
	json_decref(r->ignored.shown);
	json_decref(r->pref_groups);
}

/* Counts what was found; true if one of it is a failure. */
static bool hits_count(struct regexreport *r, const json_t *found, bool *nofail)
{
	json_int_t failures = 0;
	const json_t *hit, *fail, *value;
	size_t i;

	*nofail = false;
	json_array_foreach (found, i, hit) {
		size_t n = (size_t)json_integer_value(
			json_object_get(hit, "regex"));
		struct regextest_row *row = &r->test->fail.items[n];

		row->hits++;
		if (r->verbose)
			json_array_append_new(row->found,
				json_pack("[O, O, b]",
					json_object_get(hit, "id"),
					json_object_get(hit, "time"),
					failures > 1));
		fail = json_object_get(hit, "fail");
		value = json_object_get(fail, "nofail");
		if (json_string_length(value))
			*nofail = true;
		else
			failures++;
	}
	return failures;
}

static void prefregex_count(struct regexreport *r)
{
	if (!r->test->pref_matched)
		return;
	r->pref_matched++;
	if (!r->verbose)
		return;
	if ((json_int_t)json_array_size(r->pref_groups) < r->shown_most)
		json_array_append(r->pref_groups, r->test->pref_groups);
	else if ((json_int_t)json_array_size(r->pref_groups) == r->shown_most)
		json_array_append_new(r->pref_groups, json_string("..."));
}

static size_t index_of(const json_t *list, const json_t *wanted)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		if (json_equal(item, wanted))
			break;
	}
	return i;
}

/* Lines before this one that its match took too were no misses after all. */
static void buffer_count(struct regexreport *r, const json_t *before, FILE *to)
{
	size_t i = json_array_size(before) >= r->test->maxlines, n;

	for (; i < json_array_size(before); i++) {
		const json_t *line = json_array_get(before, i);
		json_t *text;
		char *joined;

		if (index_of(r->test->buffer, line) <
			json_array_size(r->test->buffer))
			continue;
		joined = regexlines_joined(line, !r->debuggex, &n);
		text = json_stringn(joined, n);
		free(joined);
		json_array_remove(
			r->missed.shown, index_of(r->missed.shown, text));
		if (r->matched.all && r->debuggex)
			fprintf(to, "%s\n", json_string_value(text));
		else if (r->matched.all)
			json_array_append(r->matched.shown, text);
		json_decref(text);
		r->matched.n++;
		r->missed.n--;
	}
}

static void lines_add(struct regexreport_lines *lines, const char *text,
	size_t n, json_int_t most)
{
	lines->n++;
	if (!lines->none && (lines->all || lines->n <= most))
		json_array_append_new(lines->shown, json_stringn(text, n));
}

void regexreport_line(struct regexreport *r, const char *text, size_t n)
{
	json_t *before = json_copy(r->test->buffer), *found;
	bool nofail, failed;
	char *joined;
	size_t room;
	FILE *to;

	found = regextest_line(r->test, text, n);
	failed = hits_count(r, found, &nofail);
	if (r->test->pref.regex)
		prefregex_count(r);
	to = open_memstream(&joined, &room);
	if (!to)
		abort();
	if (r->test->maxlines > 1)
		buffer_count(r, before, to);
	fflush(to);
	if (room)
		fputs(r->test->now, to);
	if (fclose(to))
		abort();
	if (room) {
		text = joined;
		n = room;
	}
	if (nofail || r->test->ignored)
		lines_add(&r->ignored, text, n, r->shown_most + 1);
	else if (failed)
		lines_add(&r->matched, text, n, 0);
	else
		lines_add(&r->missed, text, n, r->shown_most + 1);
	r->tested++;
	free(joined);
	json_decref(found);
	json_decref(before);
}

/* A list in fail2ban's frame; nothing if it is empty. */
__attribute__((format(printf, 2, 3))) static void list_add(
	json_t *list, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = text_format(format, args);
	va_end(args);
	json_array_append_new(list, json_string(text));
	free(text);
}

static void list_print(FILE *to, const json_t *list, const char *head)
{
	const json_t *item;
	size_t i;

	if (!json_array_size(list))
		return;
	if (head)
		fprintf(to, "|- %s\n", head);
	json_array_foreach (list, i, item) {
		fputs("|  ", to);
		fwrite(json_string_value(item), 1, json_string_length(item),
			to);
		putc('\n', to);
	}
	fputs("`-\n", to);
}

/* "    192.0.2.1  Sun Nov 22 01:00:00 2026 (multiple regex matched)" */
static void found_add(json_t *out, const json_t *found)
{
	const json_t *id = json_array_get(found, 0);
	const json_t *when = json_array_get(found, 1);
	time_t t = json_is_number(when) ? (time_t)json_number_value(when)
					: (time_t)(clock_wall() / CLOCK_SECOND);
	char text[64] = "";
	struct tm tm;

	if (localtime_r(&t, &tm))
		strftime(text, sizeof(text), "%a %b %d %H:%M:%S %Y", &tm);
	list_add(out, "    %s  %s%s",
		json_is_string(id) ? json_string_value(id) : "None", text,
		json_is_true(json_array_get(found, 2))
			? " (multiple regex matched)"
			: "");
}

static void rows_print(const struct regexreport *r, FILE *to, const char *title,
	const struct regextest_rows *rows)
{
	json_t *out = json_array();
	uint64_t total = 0;
	const json_t *found;
	size_t n;

	for (size_t i = 0; i < rows->n; i++) {
		const struct regextest_row *row = &rows->items[i];

		total += row->hits;
		if (row->hits || r->verbose)
			list_add(out, "%2zu) [%ju] %s", i + 1,
				(uintmax_t)row->hits, row->text);
		json_array_foreach (row->found, n, found) {
			found_add(out, found);
		}
	}
	fprintf(to, "\n%s: %ju total\n", title, (uintmax_t)total);
	list_print(to, out, " #) [# of hits] regular expression");
	json_decref(out);
}

static void prefregex_print(const struct regexreport *r, FILE *to)
{
	json_t *out = json_pack("[s]", r->test->pref.shown);
	const json_t *groups;
	size_t i, room;
	char *text;
	FILE *row;

	json_array_foreach (r->pref_groups, i, groups) {
		row = open_memstream(&text, &room);
		if (!row)
			abort();
		fputs("    ", row);
		if (json_is_string(groups))
			fputs(json_string_value(groups), row);
		else
			pytext_repr(row, groups);
		if (fclose(row))
			abort();
		json_array_append_new(out, json_stringn(text, room));
		free(text);
	}
	fprintf(to, "\nPrefregex: %jd total\n", (intmax_t)r->pref_matched);
	list_print(to, out, NULL);
	json_decref(out);
}

/* --verbose-date: what a template weighs, and the expression that is run, which
 * is ours. A number of seconds is no pattern. */
static void date_explain(json_t *out, const struct dates_template *t)
{
	struct datepattern is;
	char why[256], *regex;

	regex = datepattern_regex(t->row, &is, why, sizeof(why));
	list_add(out, "    # weight: %.3f (%.3f), pattern: %s", t->weight,
		t->own, is.kind == DATE_FIELDS ? t->row : "");
	list_add(out, "    # regex:   %s", regex ? regex : "");
	free(regex);
}

static void dates_print(const struct regexreport *r, FILE *to)
{
	json_t *out = json_array();
	struct dates_template t;

	for (size_t i = 0; dates_template(r->test->date.dates, i, &t); i++) {
		char *name;

		if (!t.hits && !r->verbose)
			continue;
		name = regexdate_name(t.row);
		list_add(out, "[%ju] %s", (uintmax_t)t.hits, name);
		free(name);
		if (r->verbose_date)
			date_explain(out, &t);
	}
	fputs("\nDate template hits:\n", to);
	list_print(to, out, "[# of hits] date format");
	json_decref(out);
}

/* A line with each of the regular expressions. */
static void debuggex_add(const struct regexreport *r, json_t *out,
	const json_t *line, const struct regextest_rows *rows)
{
	char *row;
	size_t n;

	for (size_t i = 0; i < rows->n; i++) {
		row = debuggex_row(json_string_value(line),
			json_string_length(line), r->debuggex,
			rows->items[i].text, r->debuggex_names,
			r->test->maxlines > 1, &n);
		json_array_append_new(out, json_stringn(row, n));
		free(row);
	}
}

static void lines_print(const struct regexreport *r, FILE *to,
	const struct regexreport_lines *lines, const char *head,
	const char *kind, const struct regextest_rows *rows)
{
	json_t *out;
	const json_t *line;
	char *title;
	size_t i;

	if (!lines->n)
		return;
	if (lines->n >= r->shown_most && !lines->all) {
		fprintf(to,
			"%s line(s): too many to print.  Use --print-all-%s "
			"to print all %jd lines\n",
			head, kind, (intmax_t)lines->n);
		return;
	}
	out = json_array();
	json_array_foreach (lines->shown, i, line) {
		const char *text = json_string_value(line);

		if (r->debuggex) {
			debuggex_add(r, out, line, rows);
			continue;
		}
		json_array_append_new(out,
			json_stringn(text, pytext_stripped(text,
						   json_string_length(line))));
	}
	if (asprintf(&title, "%s line(s):", head) < 0)
		abort();
	list_print(to, out, title);
	free(title);
	json_decref(out);
}

void regexreport_print(const struct regexreport *r, FILE *to)
{
	fputs("\nResults\n=======\n", to);
	if (r->test->pref.regex)
		prefregex_print(r, to);
	rows_print(r, to, "Failregex", &r->test->fail);
	rows_print(r, to, "Ignoreregex", &r->test->ignore);
	if (r->test->date.dates)
		dates_print(r, to);
	fprintf(to,
		"\nLines: %jd lines, %jd ignored, %jd matched, %jd missed\n"
		"[processed in %.2f sec]\n\n",
		(intmax_t)r->tested, (intmax_t)r->ignored.n,
		(intmax_t)r->matched.n, (intmax_t)r->missed.n, r->seconds);
	if (r->matched.all)
		lines_print(r, to, &r->matched, "Matched", "matched",
			&r->test->fail);
	if (!r->ignored.none)
		lines_print(r, to, &r->ignored, "Ignored", "ignored",
			&r->test->ignore);
	if (!r->missed.none)
		lines_print(
			r, to, &r->missed, "Missed", "missed", &r->test->fail);
}
