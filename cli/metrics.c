/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban metrics: the daemon's counters as OpenMetrics text
 * (openmetrics.io, 1.0), for Prometheus and its like: printed, written for
 * node_exporter's textfile collector, or served. Labels are jails and services,
 * whose names an admin gave, and alarms, whose names are ours: what strangers
 * can choose is never in them.
 */
#include "cli/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/serve.h"
#include "cli/text.h"

/* One family: what the daemon calls it, and what it is called here. */
struct family {
	const char *key, *name, *unit;
	bool counter; /* else a gauge */
	const char *help;
};

static const struct family mail[] = {
	{"received", "mail_received", NULL, true, "Messages received."},
	{"delivered", "mail_delivered", NULL, true, "Deliveries done."},
	{"forwarded", "mail_forwarded", NULL, true, "Deliveries forwarded."},
	{"deferred", "mail_deferred", NULL, true,
		"Messages with a delivery put off."},
	{"deferrals", "mail_deferrals", NULL, true, "Deliveries put off."},
	{"bounced", "mail_bounced", NULL, true, "Deliveries refused for good."},
	{"expired", "mail_expired", NULL, true,
		"Messages given up after too long a time."},
	{"rejected", "mail_rejected", NULL, true, "Messages not let in."},
	{"reject_warnings", "mail_reject_warnings", NULL, true,
		"Messages that would not have been let in."},
	{"held", "mail_held", NULL, true, "Messages put on hold."},
	{"discarded", "mail_discarded", NULL, true, "Messages thrown away."},
	{"bytes_received", "mail_received_bytes", "bytes", true,
		"Size of the messages received."},
	{"bytes_delivered", "mail_delivered_bytes", "bytes", true,
		"Size of the messages delivered."},
	{"saved", "mail_saved", NULL, true, "Messages put into mailboxes."},
	{"logins", "mail_logins", NULL, true, "Logins that were let in."},
	{"attacks", "mail_login_failures", NULL, true, "Logins that failed."},
	{"lines", "mail_lines", NULL, true, "Log lines of mail programs."},
	{"unknown", "mail_lines_unknown", NULL, true,
		"Log lines of mail programs that were not understood."},
	{NULL, NULL, NULL, false, NULL},
};

static const struct family daemon_families[] = {
	{"uptime", "uptime_seconds", "seconds", false,
		"Time since mailband began."},
	{"lines", "lines", NULL, true, "Log lines read."},
	{"matched", "lines_matched", NULL, true, "Log lines of failures."},
	{"given_up", "lines_given_up", NULL, true,
		"Log lines that needed too many steps."},
	{"bans_refused", "bans_refused", NULL, true,
		"Bans that max_bans kept out."},
	{"transactions", "kernel_transactions", NULL, true,
		"Changes of the kernel's table."},
	{"errors", "kernel_errors", NULL, true,
		"Changes that the kernel refused."},
	{NULL, NULL, NULL, false, NULL},
};

static const struct family jail_families[] = {
	{"total_failed", "jail_failures", NULL, true, "Failures found."},
	{"total_banned", "jail_bans", NULL, true, "Bans begun."},
	{"failed", "jail_offenders", NULL, false,
		"Addresses with failures in their window."},
	{"banned", "jail_banned", NULL, false, "Bans in force."},
	{"ignored", "jail_failures_ignored", NULL, true,
		"Failures of addresses that are never banned."},
	{"refused", "jail_lines_refused", NULL, true,
		"Failures in lines that are not believed."},
	{NULL, NULL, NULL, false, NULL},
};

static const struct family alarm_family = {NULL, "alarm_state", NULL, false,
	"How an alarm stands: 0 is well, 1 a warning, 2 critical."};

static const struct family service_families[] = {
	{"processes", "service_processes", NULL, false,
		"Processes of a service of Postfix."},
	{"limit", "service_process_limit", NULL, false,
		"Processes that it may have."},
	{NULL, NULL, NULL, false, NULL},
};

static void head(const struct family *f, FILE *to)
{
	fprintf(to, "# TYPE mailban_%s %s\n", f->name,
		f->counter ? "counter" : "gauge");
	if (f->unit)
		fprintf(to, "# UNIT mailban_%s %s\n", f->name, f->unit);
	fprintf(to, "# HELP mailban_%s %s\n", f->name, f->help);
}

static void label_write(
	const char *before, const char *label, const char *of, FILE *to)
{
	fprintf(to, "%s%s=\"", before, label);
	for (const char *c = of; *c; c++)
		if (*c == '\n')
			fputs("\\n", to);
		else
			fprintf(to, *c == '"' || *c == '\\' ? "\\%c" : "%c",
				*c);
	fputc('"', to);
}

/* Of a jail or an alarm, say; label is NULL if it is of nothing. */
static void sample(const struct family *f, const char *label, const char *of,
	json_int_t n, FILE *to)
{
	fprintf(to, "mailban_%s%s", f->name, f->counter ? "_total" : "");
	if (label) {
		label_write("{", label, of, to);
		fputc('}', to);
	}
	fprintf(to, " %" JSON_INTEGER_FORMAT "\n", n);
}

static json_int_t value_of(const struct family *f, const json_t *values)
{
	return json_integer_value(json_object_get(values, f->key));
}

static void families(const struct family *f, const json_t *values, FILE *to)
{
	for (; f->name; f++) {
		if (!json_is_integer(json_object_get(values, f->key)))
			continue;
		head(f, to);
		sample(f, NULL, NULL, value_of(f, values), to);
	}
}

/* None if the daemon has no alarms. */
static void alarm_states(const json_t *status, FILE *to)
{
	const json_t *states = json_object_get(status, "alarm_states"), *state;
	const char *name;

	if (!json_object_size(states))
		return;
	head(&alarm_family, to);
	json_object_foreach((json_t *)(uintptr_t)states, name, state) sample(
		&alarm_family, "alarm", name, json_integer_value(state), to);
}

static const char *text_of(const json_t *of, const char *key)
{
	const char *text = json_string_value(json_object_get(of, key));

	return text ? text : "";
}

/* A row of the daemon's list has three labels. */
static void services(const json_t *list, FILE *to)
{
	for (const struct family *f = service_families; f->name; f++) {
		const json_t *one;
		size_t i;

		if (json_array_size(list))
			head(f, to);
		json_array_foreach (list, i, one) {
			if (!json_is_integer(json_object_get(one, f->key)))
				continue;
			fprintf(to, "mailban_%s", f->name);
			label_write("{", "directory", text_of(one, "directory"),
				to);
			label_write(",", "service", text_of(one, "name"), to);
			label_write(",", "type", text_of(one, "type"), to);
			fprintf(to, "} %" JSON_INTEGER_FORMAT "\n",
				value_of(f, one));
		}
	}
}

void metrics_write(const json_t *status, const json_t *counters, FILE *to)
{
	const json_t *jails = json_object_get(status, "jails"), *jail;
	const char *version =
		json_string_value(json_object_get(status, "version"));
	size_t i;

	fprintf(to,
		/* No "info": the textfile collector does not know it. */
		"# TYPE mailban_build_info gauge\n"
		"# HELP mailban_build_info The version of mailband.\n"
		"mailban_build_info{version=\"%.*s\"} 1\n",
		version ? (int)strspn(version, "0123456789.~+-abcdefgrv") : 0,
		version ? version : "");
	families(daemon_families, status, to);
	for (const struct family *f = jail_families; f->name; f++) {
		head(f, to);
		json_array_foreach (jails, i, jail) {
			const char *name = json_string_value(
				json_object_get(jail, "name"));

			if (name)
				sample(f, "jail", name, value_of(f, jail), to);
		}
	}
	families(mail, json_object_get(counters, "total"), to);
	alarm_states(status, to);
	services(json_object_get(status, "services"), to);
	fputs("# EOF\n", to);
}

/* Both answers of the daemon; one of EXIT_. */
static int ask(
	const struct options *options, json_t **status, json_t **counters)
{
	int rc = client_ask(
		options, json_pack("{s:s}", "command", "status"), status);

	if (rc)
		return rc;
	rc = client_ask(
		options, json_pack("{s:s}", "command", "counters"), counters);
	if (rc)
		json_decref(*status);
	return rc;
}

/* The page, to be freed, or NULL. */
static char *page(void *ctx, size_t *n)
{
	json_t *status, *counters;
	char *text = NULL;
	FILE *to;

	if (ask(ctx, &status, &counters))
		return NULL;
	to = open_memstream(&text, n);
	if (!to)
		abort();
	metrics_write(status, counters, to);
	if (fclose(to))
		abort();
	json_decref(status);
	json_decref(counters);
	return text;
}

static int write_failed(const char *path, int error)
{
	text_complain("%s: %s", path, strerror(error));
	return EXIT_FAULT;
}

/* Beside it, then in its place: a collector sees the old one or the new. */
static int write_file(const char *path, const char *text, size_t n)
{
	char *beside;
	FILE *f;
	int fd, error = 0;

	/* The collector takes *.prom alone. */
	if (asprintf(&beside, "%s.XXXXXX", path) < 0)
		abort();
	fd = mkostemp(beside, O_CLOEXEC);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f) {
		error = errno;
		free(beside);
		return write_failed(path, error);
	}
	if (fwrite(text, 1, n, f) != n || fflush(f) || fchmod(fd, 0644) ||
		fsync(fd))
		error = errno;
	if (fclose(f) && !error)
		error = errno;
	if (!error && rename(beside, path))
		error = errno;
	if (error)
		unlink(beside);
	free(beside);
	return error ? write_failed(path, error) : EXIT_YES;
}

int metrics_run(const struct command *self, const struct options *options,
	int argc, char **argv)
{
	char *text;
	size_t n;
	int rc = EXIT_YES;

	(void)argv;
	if (argc || (options->serve && options->output))
		return command_misused(self);
	if (options->serve)
		return serve_run(page, (void *)options) ? EXIT_FAULT : EXIT_YES;
	text = page((void *)options, &n);
	if (!text)
		return EXIT_FAULT;
	if (options->output)
		rc = write_file(options->output, text, n);
	else
		fwrite(text, 1, n, stdout);
	free(text);
	return rc;
}
