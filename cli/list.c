/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban list: every ban, since when, for how long, and whether the kernel
 * holds it. Only shows.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/table.h"
#include "cli/text.h"

static void ban_row(struct table *table, const json_t *ban)
{
	const char *jail = json_string_value(json_object_get(ban, "jail"));
	const char *address =
		json_string_value(json_object_get(ban, "address"));
	const json_t *start = json_object_get(ban, "start");
	const json_t *left = json_object_get(ban, "remaining");
	const json_t *end = json_object_get(ban, "end");
	bool enforced = json_is_true(json_object_get(ban, "enforced"));
	char text[TEXT_TIME];

	table_text(table, address ? address : "-", TABLE_PLAIN);
	table_text(table, jail ? jail : "-", TABLE_PLAIN);
	table_text(table,
		json_is_number(start)
			? text_moment(client_seconds(start, 0), text)
			: "-",
		TABLE_PLAIN);
	table_text(table,
		json_is_null(end)
			? "for ever"
			: text_duration(client_seconds(left, 0), text),
		TABLE_PLAIN);
	table_number(table, client_number(ban, "count"));
	table_number(table, client_number(ban, "packets"));
	table_number(table, client_number(ban, "bytes"));
	table_text(table, enforced ? "yes" : "NO",
		enforced ? TABLE_PLAIN : TABLE_BAD);
}

/* A row, and its place in the answer. */
struct row {
	const json_t *ban;
	size_t at;
};

/* The latest last, where the eye is. */
static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int64_t from = client_seconds(json_object_get(x->ban, "start"), 0);
	int64_t to = client_seconds(json_object_get(y->ban, "start"), 0);

	if (from != to)
		return from < to ? -1 : 1;
	return x->at < y->at ? -1 : 1;
}

static void bans_print(const json_t *bans)
{
	static const char *const heads[] = {"Address", "Jail", "Since", ">Left",
		">Bans", ">Packets", ">Bytes", "In the kernel", NULL};
	struct row *rows;
	struct table *table;
	size_t i, n = json_array_size(bans);

	if (!n) {
		puts("Nobody is banned.");
		return;
	}
	rows = calloc(n, sizeof(*rows));
	if (!rows)
		abort();
	table = table_new(heads);
	for (i = 0; i < n; i++)
		rows[i] = (struct row){json_array_get(bans, i), i};
	qsort(rows, n, sizeof(*rows), compare_rows);
	for (i = 0; i < n; i++)
		ban_row(table, rows[i].ban);
	free(rows);
	table_print(table, stdout);
	table_free(&table);
}

int list_run(const struct command *self, const struct options *options,
	int argc, char **argv)
{
	if (argc > 1)
		return command_misused(self);
	return client_show(options, "list", argc ? argv[0] : NULL, bans_print);
}
