/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban test: what a filter finds in a log, a line at a time and offline,
 * through the very code that the daemon runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/jsonout.h"
#include "cli/offline.h"
#include "cli/table.h"
#include "filters/filter.h"
#include "lib/line.h"

/* Addresses shown; the rest is summed up. */
#define SHOWN 20
/* Bytes of a failregex: enough to tell it from the others. */
#define REGEX_SHOWN 100

struct found {
	struct prefix who;
	uint32_t n; /* lines that its line stands for, itself included */
};

struct tester {
	struct filter *filter;
	const struct options *options;
	uint64_t lines, verdicts[5];
	uint64_t failures, *by_regex;
	struct found *found; /* an address a line */
	size_t found_n, found_room;
};

static const char *const verdict_names[] = {
	[FILTER_MISS] = "miss",
	[FILTER_MATCH] = "match",
	[FILTER_IGNORED] = "ignore",
	[FILTER_HELD] = "held",
	[FILTER_NAMED] = "named",
};

static void found_add(struct tester *t, const struct failure *f)
{
	if (t->found_n == t->found_room) {
		t->found_room = t->found_room ? t->found_room * 2 : 1024;
		t->found = reallocarray(
			t->found, t->found_room, sizeof(*t->found));
		if (!t->found)
			abort();
	}
	t->found[t->found_n++] = (struct found){f->who, f->more + 1};
	t->failures += f->more + 1;
	t->by_regex[f->regex] += f->more + 1;
}

/* What a jail with count = attempts goes by. */
static void add_attempt(json_t *row, const struct failure *f)
{
	if (f->attempts)
		json_object_set_new(row, "attempts", json_integer(f->attempts));
	if (f->session)
		json_object_set_new(row, "session",
			json_stringn(f->session, f->session_len));
	if (f->user)
		json_object_set_new(
			row, "user", json_stringn(f->user, f->user_len));
	if (f->more > 0)
		json_object_set_new(row, "lines", json_integer(f->more + 1));
	if (f->witness)
		json_object_set_new(row, "witness",
			json_stringn(f->witness, f->witness_len));
}

/* One object a line; bytes that are no UTF-8 stand as U+FFFD. */
static void print_line(const struct line *line, enum filter_verdict v,
	const struct failure *failure)
{
	/* Not where the line stands that the failure points into. */
	static char *buffer;
	static size_t room;
	struct filter_subject text;
	bool found = v == FILTER_MATCH || v == FILTER_NAMED;
	int64_t time = found ? failure->time : line->time;
	char address[PREFIX_TEXT];
	json_t *row;

	filter_subject_clean(line->text, line->text_len, &buffer, &room, &text);
	row = json_object();
	json_object_set_new(row, "line", json_stringn(text.text, text.n));
	json_object_set_new(row, "verdict", json_string(verdict_names[v]));
	json_object_set_new(row, "address",
		v == FILTER_MATCH
			? json_string(prefix_format(&failure->who, address))
			: json_null());
	if (v == FILTER_NAMED)
		json_object_set_new(row, "name",
			json_stringn(failure->name, failure->name_len));
	json_object_set_new(row, "regex",
		found ? json_integer(failure->regex + 1) : json_null());
	json_object_set_new(row, "time",
		time ? json_real((double)time / 1e6) : json_null());
	if (found)
		add_attempt(row, failure);
	jsonout_write(row, JSON_COMPACT, stdout);
	json_decref(row);
}

static void on_line(void *ctx, const struct line *line)
{
	struct tester *t = ctx;
	struct filter_subject subject;
	struct failure failure;
	enum filter_verdict v;

	filter_subject_for(t->filter, line, &subject);
	v = filter_match(t->filter, &subject, NULL, &failure);
	t->lines++;
	t->verdicts[v]++;
	if (v == FILTER_MATCH)
		found_add(t, &failure);
	if (t->options->json)
		print_line(line, v, &failure);
}

/* Of a prefix, or of what begins with one. */
static int compare_prefixes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct prefix));
}

struct tally {
	const struct prefix *who;
	int64_t n;
};

static int compare_tallies(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return compare_prefixes(x->who, y->who);
}

static void print_addresses(struct tester *t)
{
	static const char *const heads[] = {"Address", ">Failures", NULL};
	struct table *table = table_new(heads);
	struct tally *tallies = calloc(t->found_n + 1, sizeof(*tallies));
	size_t n = 0;

	if (!tallies)
		abort();
	qsort(t->found, t->found_n, sizeof(*t->found), compare_prefixes);
	for (size_t i = 0; i < t->found_n; i++) {
		if (i == 0 || compare_prefixes(&t->found[i - 1], &t->found[i]))
			tallies[n++].who = &t->found[i].who;
		tallies[n - 1].n += t->found[i].n;
	}
	qsort(tallies, n, sizeof(*tallies), compare_tallies);
	for (size_t i = 0; i < n && i < SHOWN; i++) {
		char text[PREFIX_TEXT];

		table_text(table, prefix_format(tallies[i].who, text),
			TABLE_PLAIN);
		table_number(table, tallies[i].n);
	}
	table_print(table, stdout);
	if (n > SHOWN)
		printf("and %zu addresses more\n", n - SHOWN);
	table_free(&table);
	free(tallies);
}

static void print_regexes(const struct tester *t)
{
	static const char *const heads[] = {
		">Nr", ">Failures", "failregex", NULL};
	struct table *table = table_new(heads);

	for (size_t i = 0; i < filter_regexes(t->filter); i++) {
		const char *regex = filter_regex_text(t->filter, i);
		char text[REGEX_SHOWN + 4];

		if (!t->by_regex[i])
			continue;
		table_number(table, (int64_t)i + 1);
		table_number(table, (int64_t)t->by_regex[i]);
		snprintf(text, sizeof(text), "%.*s%s", REGEX_SHOWN, regex,
			strlen(regex) > REGEX_SHOWN ? "..." : "");
		table_text(table, text, TABLE_PLAIN);
	}
	table_print(table, stdout);
	table_free(&table);
}

static void print_report(struct tester *t)
{
	uint64_t limits = filter_counts(t->filter)->limits;

	if (t->verdicts[FILTER_NAMED])
		printf("%llu of hosts' names or other ids, which ban nobody\n",
			(unsigned long long)t->verdicts[FILTER_NAMED]);
	printf("%llu line%s: %llu failure%s, %llu ignored, %llu others\n",
		(unsigned long long)t->lines, t->lines == 1 ? "" : "s",
		(unsigned long long)t->failures, t->failures == 1 ? "" : "s",
		(unsigned long long)t->verdicts[FILTER_IGNORED],
		(unsigned long long)(t->verdicts[FILTER_MISS] +
				     t->verdicts[FILTER_HELD]));
	if (limits)
		printf("%llu matches were given up: a failregex backtracks "
		       "too much\n",
			(unsigned long long)limits);
	if (!t->found_n)
		return;
	putchar('\n');
	print_addresses(t);
	putchar('\n');
	print_regexes(t);
}

int test_run(const struct command *self, const struct options *options,
	int argc, char **argv)
{
	struct tester t = {.options = options};
	struct arena *arena;
	int status;

	if (argc != 2)
		return command_misused(self);
	arena = arena_new();
	t.filter = offline_filter(argv[0], options, NULL, arena);
	arena_free(&arena);
	if (!t.filter)
		return EXIT_FAULT;
	t.by_regex = calloc(filter_regexes(t.filter) + 1, sizeof(*t.by_regex));
	if (!t.by_regex)
		abort();
	status = offline_read(argv[1], on_line, &t);
	if (status == EXIT_YES && !options->json)
		print_report(&t);
	if (status == EXIT_YES && t.verdicts[FILTER_MATCH] == 0)
		status = EXIT_NO;
	filter_free(&t.filter);
	free(t.by_regex);
	free(t.found);
	return status;
}
