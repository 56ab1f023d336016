/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables for people: aligned by the width that a terminal gives each text,
 * with colour only where it is seen. Must never let a cell's bytes through as
 * they came.
 */
#include "cli/table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/text.h"

struct cell {
	char *text;
	enum table_tone tone;
};

struct table {
	const char *const *heads;
	size_t columns;
	struct cell *cells;
	size_t n, room;
};

struct table *table_new(const char *const *heads)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		abort();
	table->heads = heads;
	while (heads[table->columns])
		table->columns++;
	return table;
}

void table_free(struct table **table)
{
	size_t i;

	if (!*table)
		return;
	for (i = 0; i < (*table)->n; i++)
		free((*table)->cells[i].text);
	free((*table)->cells);
	free(*table);
	*table = NULL;
}

void table_text(struct table *table, const char *text, enum table_tone tone)
{
	if (table->n == table->room) {
		table->room = table->room ? 2 * table->room : 64;
		table->cells = reallocarray(
			table->cells, table->room, sizeof(*table->cells));
		if (!table->cells)
			abort();
	}
	table->cells[table->n].text = text_escape(text);
	table->cells[table->n++].tone = tone;
}

void table_number(struct table *table, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%jd", (intmax_t)value);
	table_text(table, text, TABLE_PLAIN);
}

static bool terminal_has_colour(FILE *to)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(to)) && !(no && *no) && term && *term &&
	       strcmp(term, "dumb") != 0;
}

const char *table_bold(FILE *to)
{
	return terminal_has_colour(to) ? "\033[1m" : "";
}

const char *table_bad(FILE *to)
{
	return terminal_has_colour(to) ? "\033[31m" : "";
}

const char *table_plain(FILE *to)
{
	return terminal_has_colour(to) ? "\033[0m" : "";
}

static bool head_is_right(const char *head)
{
	return *head == '>';
}

static const char *head_text(const char *head)
{
	return head + head_is_right(head);
}

static void blanks_print(size_t n, FILE *to)
{
	fprintf(to, "%*s", (int)n, "");
}

/* One cell padded to its column; the last one gets no blanks behind it. */
static void cell_print(const struct table *table, size_t column,
	const char *text, const char *before, const char *after, size_t width,
	FILE *to)
{
	bool right = head_is_right(table->heads[column]);
	size_t pad = width - text_width(text);
	bool last = column + 1 == table->columns;

	if (right)
		blanks_print(pad, to);
	fprintf(to, "%s%s%s", before, text, after);
	if (!right && !last)
		blanks_print(pad, to);
	fputs(last ? "\n" : "  ", to);
}

void table_print(const struct table *table, FILE *to)
{
	const char *bold = table_bold(to), *bad = table_bad(to);
	const char *plain = table_plain(to);
	const struct cell *cell;
	size_t *widths, i, w;
	bool is_bad;

	widths = calloc(table->columns, sizeof(*widths));
	if (!widths)
		abort();
	for (i = 0; i < table->columns; i++)
		widths[i] = text_width(head_text(table->heads[i]));
	for (i = 0; i < table->n; i++) {
		w = text_width(table->cells[i].text);
		if (w > widths[i % table->columns])
			widths[i % table->columns] = w;
	}
	for (i = 0; i < table->columns; i++)
		cell_print(table, i, head_text(table->heads[i]), bold, plain,
			widths[i], to);
	for (i = 0; i < table->n; i++) {
		cell = &table->cells[i];
		is_bad = cell->tone == TABLE_BAD;
		cell_print(table, i % table->columns, cell->text,
			is_bad ? bad : "", is_bad ? plain : "",
			widths[i % table->columns], to);
	}
	free(widths);
}
