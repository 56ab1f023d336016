/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What mailban lint found, kept and told: where it stands, what it is, what to
 * do about it, and the failregex, by its number and its beginning. On a
 * terminal a failregex takes one line; elsewhere all of it is written.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/lint/lint.h"
#include "cli/screen.h"
#include "cli/table.h"
#include "cli/text.h"

#define LABEL 13 /* columns of the word before each */
#define INDENT (4 + LABEL + 1)
#define LEAST 20 /* columns of a failregex, though a terminal has no room */
#define ELLIPSIS "\u2026"

/* The row's place among the failregex, from 1; 0: it is the prefregex. */
static size_t number_of(const struct lint *lint, const struct filter_row *row)
{
	for (size_t i = 0; i < lint->n; i++)
		if (row == &lint->file.failregex[i])
			return i + 1;
	return 0;
}

void lint_tell(struct lint *lint, const char *kind,
	const struct filter_row *row, const char *line, const char *address,
	const char *advice, const char *format, ...)
{
	size_t number = number_of(lint, row);
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	json_array_append_new(lint->findings,
		json_pack("{s:s, s:s, s:i, s:o*, s:s, s:s, s:s, s:s*, s:s*}",
			"kind", kind, "file", row->file, "row", row->line,
			"number",
			number ? json_integer((json_int_t)number) : NULL,
			"regex", row->text, "text", text, "advice", advice,
			"line", line, "address", address));
	free(text);
}

/* What a log or a filter wrote, harmless on a terminal; to be freed. */
static char *member(const json_t *finding, const char *key)
{
	return text_escape(json_string_value(json_object_get(finding, key)));
}

static void row_print(const char *label, const char *text)
{
	printf("    %-*s %s\n", LABEL, label, text);
}

static void member_print(
	const json_t *finding, const char *key, const char *label)
{
	char *text;

	if (!json_object_get(finding, key))
		return;
	text = member(finding, key);
	row_print(label, text);
	free(text);
}

/* As much of it as a line of the terminal has room for. */
static void regex_print(const json_t *finding)
{
	json_int_t number = client_number(finding, "number");
	char *text = member(finding, "regex"), label[32] = "prefregex";
	size_t room, n = strlen(text), fits = n;

	if (number)
		snprintf(label, sizeof(label), "failregex %jd",
			(intmax_t)number);
	if (isatty(STDOUT_FILENO)) {
		room = screen_columns();
		room = room > INDENT + LEAST ? room - INDENT : LEAST;
		if (text_fit(text, n, room) < n)
			fits = text_fit(text, n, room - 1);
	}
	printf("    %-*s %.*s%s\n", LABEL, label, (int)fits, text,
		fits < n ? ELLIPSIS : "");
	free(text);
}

static void finding_print(const json_t *finding)
{
	char *file = member(finding, "file"), *text = member(finding, "text");

	printf("%s%s:%jd: %s:%s %s\n", table_bold(stdout), file,
		(intmax_t)client_number(finding, "row"),
		json_string_value(json_object_get(finding, "kind")),
		table_plain(stdout), text);
	free(file);
	free(text);
	member_print(finding, "advice", "to do");
	regex_print(finding);
	member_print(finding, "line", "line");
	member_print(finding, "address", "bans");
}

void lint_print(const struct lint *lint)
{
	const json_t *finding;
	size_t i, n = json_array_size(lint->findings);

	json_array_foreach (lint->findings, i, finding)
		finding_print(finding);
	printf("%zu failregex, %zu finding%s\n", lint->n, n, n == 1 ? "" : "s");
}
