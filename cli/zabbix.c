/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban zabbix: what the mail did in each period, and what mailban counts
 * now, to Zabbix's trapper, or a value of it to an agent that asks. A period is
 * done with only when the server has taken it: what could not be sent is sent
 * the next time, with its own time.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/text.h"
#include "cli/trapper.h"
#include "lib/clock.h"

/* Under the names that sites have used for these for long. */
static const char *const mail_keys[] = {"received", "delivered", "forwarded",
	"deferred", "bounced", "rejected", "held", "discarded",
	"reject_warnings", "bytes_received", "bytes_delivered", "senders",
	"recipients"};
/* Ours: of the same period, of this moment, and of all jails. */
static const char *const period_keys[] = {
	"expired", "saved", "logins", "attacks", "unknown"};
static const char *const status_keys[] = {"uptime", "bans_refused", "errors"};
static const char *const jail_keys[] = {
	"total_failed", "failed", "total_banned", "banned"};

#define N(of) (sizeof(of) / sizeof(*(of)))

/* At a time, about as many as zabbix_sender sends: 18 of each period. */
#define PERIODS_A_MESSAGE 12

/* Rows of a message: {host, key, value, clock}. */
struct items {
	const char *host;
	json_t *rows;
};

static void put(struct items *items, const char *group, const char *key,
	json_int_t value, json_int_t clock)
{
	char name[64], text[32];

	snprintf(name, sizeof(name), "%s[%s]", group, key);
	snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, value);
	json_array_append_new(items->rows,
		json_pack("{s:s,s:s,s:s,s:I}", "host", items->host, "key", name,
			"value", text, "clock", clock));
}

static void put_each(struct items *items, const char *group,
	const char *const *keys, size_t n, const json_t *of, json_int_t clock)
{
	for (size_t i = 0; i < n; i++)
		put(items, group, keys[i], client_number(of, keys[i]), clock);
}

static void put_period(struct items *items, const json_t *period)
{
	json_int_t end = client_number(period, "end");

	put_each(items, "postfix", mail_keys, N(mail_keys), period, end);
	put_each(items, "mailban", period_keys, N(period_keys), period, end);
}

/* mailban[alarm_NAME]; none if the daemon has no alarms. */
static void put_alarms(
	struct items *items, const json_t *states, json_int_t clock)
{
	const json_t *state;
	const char *name;
	char key[40];

	json_object_foreach((json_t *)(uintptr_t)states, name, state)
	{
		snprintf(key, sizeof(key), "alarm_%s", name);
		put(items, "mailban", key, json_integer_value(state), clock);
	}
}

static void put_status(struct items *items, const json_t *status)
{
	const json_t *jails = json_object_get(status, "jails"), *jail;
	json_int_t now = clock_wall() / CLOCK_SECOND;
	size_t j;

	put_each(items, "mailban", status_keys, N(status_keys), status, now);
	for (size_t i = 0; i < N(jail_keys); i++) {
		json_int_t sum = 0;

		json_array_foreach (jails, j, jail)
			sum += client_number(jail, jail_keys[i]);
		put(items, "mailban", jail_keys[i], sum, now);
	}
	put_alarms(items, json_object_get(status, "alarm_states"), now);
}

static int mark(const struct options *options, json_int_t id)
{
	json_t *result;
	int rc = client_ask(options,
		json_pack("{s:s,s:I}", "command", "mark", "id", id), &result);

	json_decref(result);
	return rc;
}

/* Sends the rows and leaves none; the last period in them has that id, or 0. */
static int send_some(const struct options *options, const char *server,
	struct items *items, json_int_t id, struct trapper_answer *sum)
{
	int64_t now = clock_wall();
	json_t *message =
		json_pack("{s:s,s:o,s:I,s:I}", "request", "sender data", "data",
			items->rows, "clock", (json_int_t)(now / CLOCK_SECOND),
			"ns", (json_int_t)(now % CLOCK_SECOND * 1000));
	struct trapper_answer answer;
	int rc = trapper_send(server, options->wait, message, &answer);

	json_decref(message);
	items->rows = json_array();
	if (rc)
		return rc;
	sum->processed += answer.processed;
	sum->failed += answer.failed;
	if (answer.processed > 0)
		return id ? mark(options, id) : EXIT_YES;
	text_complain("%s took none of the values: is there a host %s with the "
		      "template?",
		server, items->host);
	return EXIT_NO;
}

static int send_all(const struct options *options, const char *server,
	struct items *items, const json_t *counters)
{
	const json_t *periods = json_object_get(counters, "periods"), *period;
	struct trapper_answer sum = {0, 0};
	json_int_t id = 0;
	size_t i, n = 0;
	int rc = EXIT_YES;

	json_array_foreach (periods, i, period) {
		if (rc || json_is_true(json_object_get(period, "taken")))
			continue;
		if (n++ == PERIODS_A_MESSAGE) {
			rc = send_some(options, server, items, id, &sum);
			n = 1;
		}
		put_period(items, period);
		id = client_number(period, "id");
	}
	if (!rc)
		rc = send_some(options, server, items, id, &sum);
	if (rc || sum.failed == 0)
		return rc;
	text_complain("%s took %ld values and not %ld: host %s lacks items of "
		      "the template",
		server, sum.processed, sum.failed, items->host);
	return EXIT_NO;
}

/* The value of a key, of now or of the last period that is over. */
static int print_value(
	const char *key, struct items *items, const json_t *counters)
{
	const json_t *periods = json_object_get(counters, "periods"), *row;
	size_t i, n = json_array_size(periods);

	put_period(items, n ? json_array_get(periods, n - 1) : NULL);
	json_array_foreach (items->rows, i, row) {
		if (strcmp(json_string_value(json_object_get(row, "key")), key))
			continue;
		if (client_number(row, "clock") == 0) {
			text_complain("no period is over yet since mailband "
				      "began");
			return EXIT_NO;
		}
		puts(json_string_value(json_object_get(row, "value")));
		return EXIT_YES;
	}
	text_complain("there is no key '%s'", key);
	return EXIT_FAULT;
}

/* Of mailban.conf; room for the host's own name. */
static int find_server(const struct options *options, const char **server,
	const char **host, json_t **settings, char *name, size_t size)
{
	const char *told;
	int rc = client_ask(
		options, json_pack("{s:s}", "command", "settings"), settings);

	if (rc)
		return rc;
	told = json_string_value(json_object_get(*settings, "zabbix_server"));
	if (!*server && !told) {
		text_complain("say which SERVER, or give mailban.conf a "
			      "zabbix_server");
		return EXIT_FAULT;
	}
	*server = *server ? *server : told;
	told = json_string_value(json_object_get(*settings, "zabbix_host"));
	*host = *host ? *host : told;
	if (!*host && gethostname(name, size - 1) == 0)
		*host = name;
	return *host ? EXIT_YES : EXIT_FAULT;
}

/* What the daemon knows, to the server or to who asks. */
static int run(
	const struct options *options, const char *server, const char *host)
{
	struct items items = {.host = host, .rows = json_array()};
	json_t *status, *counters = NULL;
	int rc = client_ask(
		options, json_pack("{s:s}", "command", "status"), &status);

	if (!rc)
		rc = client_ask(options,
			json_pack("{s:s}", "command", "counters"), &counters);
	if (!rc) {
		put_status(&items, status);
		rc = options->get ? print_value(options->get, &items, counters)
				  : send_all(options, server, &items, counters);
	}
	json_decref(items.rows);
	json_decref(status);
	json_decref(counters);
	return rc;
}

static bool is_utf8(const char *text)
{
	json_t *string = json_string(text);

	json_decref(string);
	return string != NULL;
}

int zabbix_run(const struct command *self, const struct options *options,
	int argc, char **argv)
{
	const char *server = argc > 0 ? argv[0] : NULL;
	const char *host = argc > 1 ? argv[1] : options->get ? "" : NULL;
	json_t *settings = NULL;
	char name[256] = "";
	int rc = EXIT_YES;

	if (argc > 2 || (options->get && argc))
		return command_misused(self);
	if (!host)
		rc = find_server(
			options, &server, &host, &settings, name, sizeof(name));
	if (!rc && !is_utf8(host)) {
		text_complain("the host's name is UTF-8 text");
		rc = EXIT_FAULT;
	}
	if (!rc)
		rc = run(options, server, host);
	json_decref(settings);
	return rc;
}
