/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of bans as lines and as CSV: a ban a line, in columns that are always
 * the same or that the first line names.
 */
#include "cli/banfile_parts.h"

#include <string.h>

#define FIELDS 16

/* Cuts line into fields; 0 if there are too many. */
static size_t split(char *line, bool csv, char *fields[FIELDS])
{
	size_t n = 0, len;
	char *at = line;

	for (;;) {
		at += strspn(at, " \t");
		if (!csv && !*at)
			return n;
		if (n == FIELDS)
			return 0;
		len = strcspn(at, csv ? "," : " \t");
		fields[n] = at;
		at += len;
		if (*at)
			*at++ = '\0';
		else if (csv)
			at = NULL;
		while (len > 0 && strchr(" \t", fields[n][len - 1]))
			fields[n][--len] = '\0';
		if (csv && len >= 2 && fields[n][0] == '"' &&
			fields[n][len - 1] == '"') {
			fields[n][len - 1] = '\0';
			fields[n]++;
		}
		n++;
		if (!at)
			return n;
	}
}

/* True if fields are a first line that names columns; how many are twice. */
static bool take_heads(char *const *fields, size_t n,
	enum banfile_column columns[FIELDS], size_t *twice)
{
	bool any = false;

	for (size_t i = 0; i < n; i++)
		any |= !strcmp(fields[i], banfile_columns[BANFILE_ADDRESS]);
	for (size_t i = n; any && i < FIELDS; i++)
		columns[i] = BANFILE_NONE;
	for (size_t i = 0; any && i < n; i++) {
		columns[i] = BANFILE_OTHER;
		for (size_t c = 0; c < BANFILE_COLUMNS; c++)
			if (!strcmp(fields[i], banfile_columns[c]))
				columns[i] = (enum banfile_column)c;
		for (size_t before = 0; before < i; before++)
			*twice += columns[i] != BANFILE_OTHER &&
				  columns[i] == columns[before];
	}
	return any;
}

static void take_fields(struct banfile *list, char *const *fields, size_t n,
	const enum banfile_column *columns, const struct banfile_place *at,
	struct err *err)
{
	struct banfile_row *row = banfile_add(list, at->name, at->line, err);
	bool has_address = false;
	const char *why = NULL;

	if (!row)
		return;
	row->file = at->file;
	row->line = at->line;
	for (size_t i = 0; i < n && !why; i++) {
		why = banfile_take(list, row, columns[i], fields[i]);
		has_address |= columns[i] == BANFILE_ADDRESS;
		if (why)
			err_fault(err, at->name, (int)at->line, "'%.80s' is %s",
				fields[i], why);
	}
	if (!why && !has_address)
		err_fault(err, at->name, (int)at->line, "there is no address");
}

void banfile_parse_lines(struct banfile *list, char *text, uint32_t file,
	const char *name, struct err *err)
{
	enum banfile_column columns[FIELDS] = {BANFILE_ADDRESS, BANFILE_END,
		BANFILE_JAIL, BANFILE_START, BANFILE_COUNT,
		[5 ... FIELDS - 1] = BANFILE_NONE};
	struct banfile_place at = {.name = name, .file = file};
	char *fields[FIELDS], *next;
	size_t len, n, twice = 0;
	bool csv, first = true;

	for (; text && err->faults < ERR_MOST; text = next) {
		at.line++;
		len = strcspn(text, "\n");
		next = text[len] ? text + len + 1 : NULL;
		text[len] = '\0';
		if (len > BANFILE_LINE_MOST) {
			err_fault(err, name, (int)at.line,
				"the line is longer than %d bytes",
				BANFILE_LINE_MOST);
			continue;
		}
		if (len && text[len - 1] == '\r')
			text[len - 1] = '\0';
		text[strcspn(text, "#")] = '\0';
		if (!text[strspn(text, " \t")])
			continue;
		if (strchr(text, '\r')) {
			err_fault(err, name, (int)at.line,
				"a carriage return ends no line");
			continue;
		}
		csv = strchr(text, ',') != NULL;
		n = split(text, csv, fields);
		if (n == 0)
			err_fault(err, name, (int)at.line,
				"there are more than %d fields", FIELDS);
		else if (!first || !take_heads(fields, n, columns, &twice))
			take_fields(list, fields, n, columns, &at, err);
		if (first && twice)
			err_fault(err, name, (int)at.line,
				"a column stands there twice");
		first = false;
	}
}
