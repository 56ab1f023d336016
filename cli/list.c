/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban list: every ban, since when, for how long, and whether the kernel
 * holds it. Only shows.
 */
#include <stdio.h>

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
	table_number(table, json_integer_value(json_object_get(ban, "count")));
	table_number(
		table, json_integer_value(json_object_get(ban, "packets")));
	table_text(table, enforced ? "yes" : "NO",
		enforced ? TABLE_PLAIN : TABLE_BAD);
}

static void bans_print(const json_t *bans)
{
	static const char *const heads[] = {"Address", "Jail", "Since", ">Left",
		">Bans", ">Packets", "In the kernel", NULL};
	struct table *table;
	const json_t *ban;
	size_t i;

	if (!json_array_size(bans)) {
		puts("Nobody is banned.");
		return;
	}
	table = table_new(heads);
	json_array_foreach (bans, i, ban) {
		ban_row(table, ban);
	}
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
