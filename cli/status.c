/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban status: the daemon at a glance, or one jail in full. Only shows;
 * what is missing from an answer is shown as "-", never made up.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/table.h"
#include "cli/text.h"

static void cell_text(struct table *table, const json_t *of, const char *key)
{
	const char *text = json_string_value(json_object_get(of, key));

	table_text(table, text ? text : "-", TABLE_PLAIN);
}

static void cell_number(struct table *table, const json_t *of, const char *key)
{
	const json_t *value = json_object_get(of, key);

	if (json_is_integer(value))
		table_number(table, json_integer_value(value));
	else
		table_text(table, "-", TABLE_PLAIN);
}

/* A jail's failures and bans: now, and since the start. */
static void jails_print(const json_t *jails)
{
	static const char *const heads[] = {"Jail", ">Failing", ">Failed",
		">Banned", ">Banned in all", NULL};
	struct table *table = table_new(heads);
	const json_t *jail;
	size_t i;

	json_array_foreach(jails, i, jail)
	{
		cell_text(table, jail, "name");
		cell_number(table, jail, "failed");
		cell_number(table, jail, "total_failed");
		cell_number(table, jail, "banned");
		cell_number(table, jail, "total_banned");
	}
	table_print(table, stdout);
	table_free(&table);
}

/* How far a source is behind its writer, in seconds. */
static void lag_cell(struct table *table, const json_t *source)
{
	const json_t *lag = json_object_get(source, "lag");
	char text[TEXT_TIME];
	double seconds;

	if (!json_is_number(lag)) {
		table_text(table, "-", TABLE_PLAIN);
		return;
	}
	seconds = json_number_value(lag);
	if (seconds >= 0 && seconds < 10)
		snprintf(text, sizeof(text), "%.3g s", seconds);
	else
		text_duration(client_seconds(lag, 0), text);
	table_text(table, text, TABLE_PLAIN);
}

static void sources_print(const json_t *sources)
{
	static const char *const heads[] = {
		"Source", "Kind", ">Lines", ">Behind", NULL};
	struct table *table = table_new(heads);
	const json_t *source;
	size_t i;

	json_array_foreach(sources, i, source)
	{
		cell_text(table, source, "name");
		cell_text(table, source, "kind");
		cell_number(table, source, "lines");
		lag_cell(table, source);
	}
	table_print(table, stdout);
	table_free(&table);
}

static void daemon_print(const json_t *status)
{
	const char *version =
		json_string_value(json_object_get(status, "version"));
	char *escaped = text_escape(version ? version : "-");
	const json_t *uptime = json_object_get(status, "uptime");
	char up[TEXT_TIME];

	printf("mailband %s, process %jd, up %s\n", escaped,
		(intmax_t)json_integer_value(json_object_get(status, "pid")),
		text_duration(client_seconds(uptime, 0), up));
	printf("%jd lines read, %jd of them failures\n\n",
		(intmax_t)json_integer_value(json_object_get(status, "lines")),
		(intmax_t)json_integer_value(
			json_object_get(status, "matched")));
	free(escaped);
	jails_print(json_object_get(status, "jails"));
	putchar('\n');
	sources_print(json_object_get(status, "sources"));
}

static void fact_print(const char *name, const char *text)
{
	char *escaped = text_escape(text);

	printf("%s%-18s%s%s\n", table_bold(stdout), name, table_plain(stdout),
		escaped);
	free(escaped);
}

static void fact_number(const char *name, const json_t *of, const char *key)
{
	const json_t *value = json_object_get(of, key);
	char text[24];

	snprintf(
		text, sizeof(text), "%jd", (intmax_t)json_integer_value(value));
	fact_print(name, json_is_integer(value) ? text : "-");
}

/* A row each; only the first has the name. */
static void fact_list(const char *name, const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (json_is_string(item))
			fact_print(i ? "" : name, json_string_value(item));
	}
}

static void jail_print(const json_t *jail)
{
	const char *filter = json_string_value(json_object_get(jail, "filter"));
	const char *name = json_string_value(json_object_get(jail, "name"));
	const char *match =
		json_string_value(json_object_get(jail, "journalmatch"));

	fact_print("Jail", name ? name : "-");
	fact_print("Filter", filter ? filter : "-");
	fact_list("Files", json_object_get(jail, "files"));
	if (match && *match)
		fact_print("Journal matches", match);
	fact_number("Failing now", jail, "failed");
	fact_number("Failed in all", jail, "total_failed");
	fact_number("Banned now", jail, "banned");
	fact_number("Banned in all", jail, "total_banned");
	fact_list("Addresses", json_object_get(jail, "addresses"));
}

int status_run(const struct command *self, const struct options *options,
	int argc, char **argv)
{
	json_t *request, *result;
	int rc;

	if (argc > 1)
		return command_misused(self);
	request = json_pack("{s:s, s:s*}", "command", "status", "jail",
		argc ? argv[0] : NULL);
	rc = client_ask(options, request, &result);
	if (rc)
		return rc;
	if (options->json)
		client_print(result);
	else if (argc)
		jail_print(result);
	else
		daemon_print(result);
	json_decref(result);
	return EXIT_YES;
}
