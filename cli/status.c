/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban status: the daemon at a glance, or one jail in full. Only shows;
 * what is missing from an answer is shown as "-", never made up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/jsonout.h"
#include "cli/table.h"
#include "cli/text.h"

#define SCREEN 80 /* columns that any terminal has */

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

/* What of it the kernel holds; marked if it stays another number. */
static void cell_enforced(struct table *table, const json_t *jail)
{
	const json_t *value = json_object_get(jail, "enforced");
	bool differs = json_is_true(json_object_get(jail, "differs"));
	char text[32];

	if (!differs) {
		cell_number(table, jail, "enforced");
		return;
	}
	snprintf(
		text, sizeof(text), "%jd", (intmax_t)json_integer_value(value));
	table_text(table, text, TABLE_BAD);
}

/* A jail's failures and bans: now, and since the start. */
static void jails_print(const json_t *jails)
{
	static const char *const heads[] = {"Jail", ">Failing", ">Failed",
		">Banned", ">In the kernel", ">Banned in all", NULL};
	struct table *table = table_new(heads);
	const json_t *jail;
	size_t i;

	json_array_foreach (jails, i, jail) {
		cell_text(table, jail, "name");
		cell_number(table, jail, "failed");
		cell_number(table, jail, "total_failed");
		cell_number(table, jail, "banned");
		cell_enforced(table, jail);
		cell_number(table, jail, "total_banned");
	}
	table_print(table, stdout);
	table_free(&table);
}

static void sources_print(const json_t *sources)
{
	static const char *const heads[] = {"Source", "Kind", ">Lines",
		">Failures", ">Cut short", ">Bytes behind", "State", NULL};
	struct table *table = table_new(heads);
	const json_t *source;
	const char *trouble;
	size_t i;

	json_array_foreach (sources, i, source) {
		trouble = json_string_value(json_object_get(source, "trouble"));
		cell_text(table, source, "name");
		cell_text(table, source, "kind");
		cell_number(table, source, "lines");
		cell_number(table, source, "matched");
		cell_number(table, source, "cut");
		cell_number(table, source, "lag");
		table_text(table, trouble ? trouble : "read",
			trouble ? TABLE_BAD : TABLE_PLAIN);
	}
	table_print(table, stdout);
	table_free(&table);
}

static json_int_t sum_of(const json_t *list, const char *key)
{
	json_int_t sum = 0;
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		sum += json_integer_value(json_object_get(item, key));
	return sum;
}

static bool any_differs(const json_t *jails)
{
	const json_t *jail;
	size_t i;

	json_array_foreach (jails, i, jail) {
		if (json_is_true(json_object_get(jail, "differs")))
			return true;
	}
	return false;
}

/* What should make the reader look twice; nothing when all is well. */
static void worries_print(const json_t *status)
{
	json_int_t given_up =
		json_integer_value(json_object_get(status, "given_up"));
	json_int_t errors =
		json_integer_value(json_object_get(status, "errors"));
	json_int_t kept_out =
		json_integer_value(json_object_get(status, "bans_refused"));
	json_int_t dropped = json_integer_value(
		json_object_get(json_object_get(status, "names"), "dropped"));
	json_int_t refused =
		sum_of(json_object_get(status, "sources"), "refused");
	json_int_t full = sum_of(json_object_get(status, "sources"), "full");
	const char *trouble =
		json_string_value(json_object_get(status, "state_trouble"));
	const char *bad = table_bad(stdout), *plain = table_plain(stdout);

	if (json_is_true(json_object_get(status, "dry_run")))
		printf("%sonly decides (-n): nothing is enforced%s\n", bad,
			plain);
	if (given_up > 0)
		printf("%s%jd times a line was given up at the match limit%s\n",
			bad, (intmax_t)given_up, plain);
	if (kept_out > 0)
		printf("%s%jd bans not done: max_bans is reached%s\n", bad,
			(intmax_t)kept_out, plain);
	if (dropped > 0)
		printf("%s%jd failures of names not looked up: too many at "
		       "once%s\n",
			bad, (intmax_t)dropped, plain);
	if (refused > 0)
		printf("%s%jd lines of local users not believed; see "
		       "journalctl -u mailban%s\n",
			bad, (intmax_t)refused, plain);
	if (full > 0)
		printf("%s%jd times the syslog socket was full: lines may be "
		       "missing%s\n",
			bad, (intmax_t)full, plain);
	if (trouble)
		printf("%sstate: %s: what is decided now is in memory and in "
		       "the kernel alone%s\n",
			bad, trouble, plain);
	if (any_differs(json_object_get(status, "jails")))
		printf("%sthe kernel does not hold what is wanted; see "
		       "journalctl -u mailban%s\n",
			bad, plain);
	if (errors > 0)
		printf("%s%jd times the kernel refused; see journalctl -u "
		       "mailban%s\n",
			bad, (intmax_t)errors, plain);
}

/* What is wrong with disks and queues, and what to do about it. */
static void alarms_print(const json_t *alarms)
{
	const json_t *alarm;
	size_t i;

	json_array_foreach (alarms, i, alarm) {
		static const char *const keys[] = {
			"name", "level", "text", "next"};
		char *cells[4];

		for (size_t k = 0; k < 4; k++)
			cells[k] = client_text(alarm, keys[k]);
		printf("%s%s, %s%s: %s\n    next: %s\n", table_bad(stdout),
			cells[0], cells[1], table_plain(stdout), cells[2],
			cells[3]);
		for (size_t k = 0; k < 4; k++)
			free(cells[k]);
	}
}

/* Behind a title what may be many, on as many lines as that takes. */
struct items {
	const char *title;
	size_t column;
};

__attribute__((format(printf, 2, 3))) static void items_add(
	struct items *items, const char *format, ...)
{
	size_t width;
	va_list args;
	char *text;

	va_start(args, format);
	text = text_format(format, args);
	va_end(args);
	width = text_width(text);
	if (!items->column)
		items->column = (size_t)printf("%s: ", items->title);
	else if (items->column + strlen(", ") + width < SCREEN)
		items->column += (size_t)printf(", ");
	else
		items->column = (size_t)printf(",\n    ") - strlen(",\n");
	items->column += width;
	fputs(text, stdout);
	free(text);
}

static void items_end(const struct items *items)
{
	if (items->column)
		putchar('\n');
}

/* "processes of Postfix: smtp/inet 12 of 100, ..." */
static void services_print(const json_t *services)
{
	struct items items = {"processes of Postfix", 0};
	const json_t *item;
	size_t i;

	json_array_foreach (services, i, item) {
		char *name = client_text(item, "name");
		char *type = client_text(item, "type");
		int64_t limit = client_number(item, "limit");

		if (limit > 1)
			items_add(&items, "%s/%s %jd of %jd", name, type,
				(intmax_t)client_number(item, "processes"),
				(intmax_t)limit);
		free(name);
		free(type);
	}
	items_end(&items);
}

/* "never banned: 192.0.2.1 (gateway), ..." */
static void allowed_print(const json_t *allowed)
{
	struct items items = {"never banned", 0};
	const json_t *item;
	size_t i;

	json_array_foreach (allowed, i, item) {
		char *who = client_text(item, "address");
		char *why = client_text(item, "why");

		items_add(&items, "%s (%s)", who, why);
		free(who);
		free(why);
	}
	items_end(&items);
}

static void daemon_print(const json_t *status)
{
	char *version = client_text(status, "version");
	const json_t *uptime = json_object_get(status, "uptime");
	json_int_t ended =
		json_integer_value(json_object_get(status, "disconnected"));
	char up[TEXT_TIME];

	printf("mailband %s, process %jd, up %s\n", version,
		(intmax_t)json_integer_value(json_object_get(status, "pid")),
		text_duration(client_seconds(uptime, 0), up));
	printf("%jd lines read, %jd of them failures\n",
		(intmax_t)json_integer_value(json_object_get(status, "lines")),
		(intmax_t)json_integer_value(
			json_object_get(status, "matched")));
	free(version);
	if (ended > 0)
		printf("%jd connection%s of who was banned ended\n",
			(intmax_t)ended, ended == 1 ? "" : "s");
	allowed_print(json_object_get(status, "allowed"));
	services_print(json_object_get(status, "services"));
	worries_print(status);
	alarms_print(json_object_get(status, "alarms"));
	putchar('\n');
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

/* What most jails have none of. */
static void fact_some(const char *name, const json_t *of, const char *key)
{
	if (json_integer_value(json_object_get(of, key)) > 0)
		fact_number(name, of, key);
}

/* A row each; only the first has the name. */
static void fact_list(const char *name, const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		if (json_is_string(item))
			fact_print(i ? "" : name, json_string_value(item));
	}
}

/* How the jail judges; what was set by hand is marked. */
static void setting_print(
	const char *name, const json_t *jail, const char *key, bool is_time)
{
	const json_t *changed = json_object_get(jail, "changed"), *item;
	const json_t *number = json_object_get(jail, key);
	int64_t value = client_seconds(number, 0);
	char said[TEXT_TIME + 32], text[TEXT_TIME];
	bool by_hand = false;
	size_t i;

	json_array_foreach (changed, i, item) {
		if (json_is_string(item) &&
			!strcmp(json_string_value(item), key))
			by_hand = true;
	}
	if (!json_is_number(number))
		snprintf(text, sizeof(text), "-");
	else if (!is_time)
		snprintf(text, sizeof(text), "%jd", (intmax_t)value);
	else if (value < 0)
		snprintf(text, sizeof(text), "for ever");
	else
		text_duration(value, text);
	snprintf(said, sizeof(said), "%s%s", text,
		by_hand ? " (until the next reload)" : "");
	fact_print(name, said);
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
	if (json_is_true(json_object_get(jail, "journal")))
		fact_print("Journal", match && *match ? match : "all of it");
	setting_print("Max. failures", jail, "maxretry", false);
	setting_print("Find time", jail, "findtime", true);
	setting_print("Ban time", jail, "bantime", true);
	fact_number("Failing now", jail, "failed");
	fact_number("Failed in all", jail, "total_failed");
	fact_number("Ignored in all", jail, "ignored");
	fact_some("Not believed", jail, "refused");
	fact_some("Told again", jail, "repeated");
	fact_some("Pushed out", jail, "evictions");
	fact_some("Attempts forgot", jail, "forgotten");
	fact_number("Banned now", jail, "banned");
	fact_number("In the kernel", jail, "enforced");
	fact_number("Banned in all", jail, "total_banned");
	fact_list("Addresses", json_object_get(jail, "addresses"));
}

int status_run(const struct command *self, const struct options *options,
	int argc, char **argv)
{
	json_t *result;
	bool differs;
	int rc;

	if (argc > 1)
		return command_misused(self);
	rc = client_ask(options,
		json_pack("{s:s, s:s*}", "command", "status", "jail",
			argc ? argv[0] : NULL),
		&result);
	if (rc)
		return rc;
	if (options->json)
		jsonout_print(result);
	else if (argc)
		jail_print(result);
	else
		daemon_print(result);
	differs = json_is_true(json_object_get(result, "differs")) ||
		  any_differs(json_object_get(result, "jails"));
	json_decref(result);
	return differs ? EXIT_NO : EXIT_YES;
}
