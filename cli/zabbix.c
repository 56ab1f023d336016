/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban zabbix: what the mail did since the last time, to Zabbix's trapper.
 * A period is over for the daemon only when the server has taken its values:
 * what could not be sent is in the next.
 */
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

#define EACH(i, of) (size_t i = 0; i < sizeof(of) / sizeof(*(of)); i++)

static void put(json_t *data, const char *host, const char *group,
	const char *key, json_int_t value)
{
	char name[64], text[32];

	snprintf(name, sizeof(name), "%s[%s]", group, key);
	snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, value);
	json_array_append_new(
		data, json_pack("{s:s,s:s,s:s,s:I}", "host", host, "key", name,
			      "value", text, "clock",
			      (json_int_t)(clock_wall() / CLOCK_SECOND)));
}

static json_int_t number(const json_t *of, const char *key)
{
	return json_integer_value(json_object_get(of, key));
}

static json_t *message_of(
	const char *host, const json_t *status, const json_t *counters)
{
	const json_t *period = json_object_get(counters, "period");
	const json_t *jails = json_object_get(status, "jails"), *jail;
	json_t *data = json_array();
	int64_t now = clock_wall();
	size_t j;

	for
		EACH(i, mail_keys)
	put(data, host, "postfix", mail_keys[i], number(period, mail_keys[i]));
	for
		EACH(i, period_keys)
	put(data, host, "mailban", period_keys[i],
		number(period, period_keys[i]));
	for
		EACH(i, status_keys)
	put(data, host, "mailban", status_keys[i],
		number(status, status_keys[i]));
	for
		EACH(i, jail_keys)
		{
			json_int_t sum = 0;

			json_array_foreach (jails, j, jail)
				sum += number(jail, jail_keys[i]);
			put(data, host, "mailban", jail_keys[i], sum);
		}
	return json_pack("{s:s,s:o,s:I,s:I}", "request", "sender data", "data",
		data, "clock", (json_int_t)(now / CLOCK_SECOND), "ns",
		(json_int_t)(now % CLOCK_SECOND * 1000));
}

static int mark(const struct options *options, const json_t *counters)
{
	json_t *result;
	int rc = client_ask(options,
		json_pack("{s:s,s:O}", "command", "mark", "total",
			json_object_get(counters, "total")),
		&result);

	json_decref(result);
	return rc;
}

static int send_all(const struct options *options, const char *server,
	const char *host, const json_t *status, const json_t *counters)
{
	json_t *message = message_of(host, status, counters);
	struct trapper_answer answer;
	int rc = trapper_send(server, options->wait, message, &answer);

	json_decref(message);
	if (rc)
		return rc;
	if (answer.processed == 0) {
		text_complain("%s took none of the values: is there a host %s "
			      "with the template?",
			server, host);
		return EXIT_NO;
	}
	rc = mark(options, counters);
	if (answer.failed == 0 || rc)
		return rc;
	text_complain("%s took %ld values and not %ld: host %s lacks items of "
		      "the template",
		server, answer.processed, answer.failed, host);
	return EXIT_NO;
}

int zabbix_run(const struct command *self, const struct options *options,
	int argc, char **argv)
{
	json_t *status, *counters;
	char name[256] = "";
	int rc;

	if (argc < 1 || argc > 2)
		return command_misused(self);
	if (argc == 1 && gethostname(name, sizeof(name) - 1) < 0)
		return EXIT_FAULT;
	rc = client_ask(
		options, json_pack("{s:s}", "command", "status"), &status);
	if (rc)
		return rc;
	rc = client_ask(
		options, json_pack("{s:s}", "command", "counters"), &counters);
	if (!rc)
		rc = send_all(options, argv[0], argc == 2 ? argv[1] : name,
			status, counters);
	json_decref(status);
	json_decref(counters);
	return rc;
}
