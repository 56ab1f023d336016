/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban accounts: who sends through this host, how much of it is usual, and
 * the messages of one that wait in the queue. It holds nothing itself: that is
 * postsuper's work, and root's.
 */
#include "cli/accounts.h"

#include <stdint.h>
#include <string.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/jsonout.h"
#include "cli/table.h"
#include "cli/text.h"

static const char *joined(const json_t *list, char *room, size_t n)
{
	const json_t *item;
	size_t i, at = 0;

	snprintf(room, n, "-");
	json_array_foreach (list, i, item) {
		const char *text = json_string_value(item);

		if (text && at < n)
			at += (size_t)snprintf(
				room + at, n - at, "%s%s", at ? " " : "", text);
	}
	return room;
}

static void account_row(struct table *table, const json_t *account)
{
	static const char *const numbers[] = {
		"recipients", "usual", "limit", "returned", "networks"};
	const char *name = json_string_value(json_object_get(account, "name"));
	const json_t *alarms = json_object_get(account, "alarms");
	char text[TEXT_TIME], list[256];

	table_text(table, name ? name : "-", TABLE_PLAIN);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		table_number(table, json_integer_value(json_object_get(
					    account, numbers[i])));
	table_text(table, joined(alarms, list, sizeof(list)),
		json_array_size(alarms) ? TABLE_BAD : TABLE_PLAIN);
	table_text(table,
		text_moment(client_seconds(json_object_get(account, "last"), 0),
			text),
		TABLE_PLAIN);
}

size_t accounts_busy(const json_t *list)
{
	const json_t *account;
	size_t i;

	json_array_foreach (list, i, account)
		if (client_number(account, "recipients") <= 0 &&
			!json_array_size(json_object_get(account, "alarms")))
			break;
	return i;
}

void accounts_print(const json_t *list, size_t most, FILE *to)
{
	static const char *const heads[] = {"Account", ">This hour", ">Usual",
		">Limit", ">Returned", ">Networks", "Alarms", "Last hour",
		NULL};
	struct table *table;
	const json_t *account;
	size_t i;

	table = table_new(heads);
	json_array_foreach (list, i, account) {
		if (i == most)
			break;
		account_row(table, account);
	}
	table_print(table, to);
	table_free(&table);
}

static void list_print(const char *head, const json_t *list)
{
	const json_t *item;
	size_t i;

	printf("%s%s:%s", table_bold(stdout), head, table_plain(stdout));
	json_array_foreach (list, i, item) {
		const char *text = json_string_value(item);

		if (text)
			printf(" %s", text);
	}
	puts(json_array_size(list) ? "" : " none");
}

static void one_print(const json_t *list)
{
	const json_t *account = json_array_get(list, 0);

	accounts_print(list, SIZE_MAX, stdout);
	list_print("addresses", json_object_get(account, "addresses"));
	list_print("last messages", json_object_get(account, "queue_ids"));
	printf("%sin the queue:%s %zu\n", table_bold(stdout),
		table_plain(stdout),
		json_array_size(json_object_get(account, "open")));
}

static int ids_print(const json_t *ids)
{
	const json_t *item;
	size_t i;

	json_array_foreach (ids, i, item)
		if (json_string_value(item))
			puts(json_string_value(item));
	return json_array_size(ids) ? EXIT_YES : EXIT_NO;
}

int accounts_run(const struct command *self, const struct options *options,
	int argc, char **argv)
{
	const char *name = argc ? argv[0] : NULL;
	const json_t *list;
	json_t *result;
	int rc;

	if (argc > 1 || (options->ids && !name))
		return command_misused(self);
	rc = client_ask(options,
		json_pack(
			"{s:s, s:s*}", "command", "accounts", "account", name),
		&result);
	if (rc)
		return rc;
	list = json_object_get(result, "accounts");
	if (name && !json_array_size(list)) {
		text_complain("nothing is known of an account '%s'", name);
		rc = EXIT_NO;
	} else if (options->ids) {
		rc = ids_print(
			json_object_get(json_array_get(list, 0), "open"));
	} else if (options->json) {
		jsonout_print(result);
	} else if (name) {
		one_print(list);
	} else if (json_array_size(list)) {
		accounts_print(list, SIZE_MAX, stdout);
	} else {
		puts("Nobody has sent anything, or logged in.");
	}
	json_decref(result);
	return rc;
}
