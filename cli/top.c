/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban top: what goes on now. It asks the daemon again and again for what
 * it counts, and shows what has changed in between; on a terminal in place,
 * elsewhere as tables one behind the other. It changes nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/accounts.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/screen.h"
#include "cli/table.h"
#include "cli/text.h"
#include "lib/clock.h"

#define INTERVAL 2 /* seconds */
/* Attackers of a kind: asked for, and shown where nothing limits them. */
#define ROWS 40
#define ROWS_PLAIN 10
/* Accounts that send, on a terminal, which leaves room for attackers. */
#define ACCOUNTS 5
/* A daemon that is silent for longer is told of, not waited for. */
#define PATIENCE 5

static const struct {
	const char *key, *label;
} mail[] = {
	{"received", "received"},
	{"delivered", "delivered"},
	{"saved", "into mailboxes"},
	{"deferrals", "put off"},
	{"bounced", "returned"},
	{"rejected", "refused"},
	{"logins", "logins"},
	{"attacks", "failed logins"},
	{"bans", "bans"},
};

#define MAIL (sizeof(mail) / sizeof(*mail))

/* What the daemon said at a time. */
struct sample {
	json_t *status, *counters, *attackers, *senders;
	int64_t at; /* monotonic */
};

static void sample_free(struct sample *s)
{
	json_decref(s->status);
	json_decref(s->counters);
	json_decref(s->attackers);
	json_decref(s->senders);
	*s = (struct sample){.at = 0};
}

static int sample_take(const struct options *options, struct sample *s)
{
	int rc;

	*s = (struct sample){.at = 0};
	rc = client_ask(
		options, json_pack("{s:s}", "command", "status"), &s->status);
	if (!rc)
		rc = client_ask(options,
			json_pack("{s:s}", "command", "counters"),
			&s->counters);
	if (!rc)
		rc = client_ask(options,
			json_pack("{s:s, s:i, s:i}", "command", "attackers",
				"ago", 0, "most", ROWS),
			&s->attackers);
	if (!rc)
		rc = client_ask(options,
			json_pack("{s:s}", "command", "accounts"), &s->senders);
	s->at = clock_mono();
	if (rc)
		sample_free(s);
	return rc;
}

/* How much more there is; nothing after a restart. */
static json_int_t more(const json_t *old, const json_t *now, const char *key)
{
	json_int_t n = client_number(now, key) - client_number(old, key);

	return n > 0 ? n : 0;
}

static double seconds_between(
	const struct sample *old, const struct sample *now)
{
	double seconds = (double)(now->at - old->at) / CLOCK_SECOND;

	return seconds > 0.001 ? seconds : 0.001;
}

static json_int_t lines_per_second(
	const struct sample *old, const struct sample *now)
{
	return (json_int_t)((double)more(old->status, now->status, "lines") /
				    seconds_between(old, now) +
			    .5);
}

static json_int_t sum_of_hours(
	const json_t *counters, const char *key, bool last)
{
	const json_t *hours = json_object_get(counters, "hours"), *hour;
	int64_t begin = clock_wall() / CLOCK_SECOND / 3600 * 3600;
	json_int_t sum = 0;
	size_t i;

	json_array_foreach (hours, i, hour) {
		if (!last || client_number(hour, "hour") == begin)
			sum += client_number(hour, key);
	}
	return sum;
}

/* The jail of that name in a status, or NULL. */
static const json_t *jail_of(const json_t *status, const json_t *jail)
{
	const json_t *jails = json_object_get(status, "jails"), *other;
	size_t i;

	json_array_foreach (jails, i, other) {
		if (json_equal(json_object_get(other, "name"),
			    json_object_get(jail, "name")))
			return other;
	}
	return NULL;
}

/* Messages in Postfix's queues; -1 if nobody counts them. */
static json_int_t queued(const json_t *status)
{
	const json_t *queues = json_object_get(status, "queues");

	return json_array_size(queues) ? client_sum(queues, "messages") : -1;
}

static void head_print(
	const struct sample *old, const struct sample *now, FILE *to)
{
	char moment[TEXT_TIME], up[TEXT_TIME];
	json_int_t queue = queued(now->status);

	fprintf(to, "mailban top  %s  up %s\n",
		text_moment(clock_wall() / CLOCK_SECOND, moment),
		text_duration(
			client_seconds(
				json_object_get(now->status, "uptime"), 0),
			up));
	fprintf(to,
		"%jd lines/s, %jd failures and %jd bans in %.1f s; %jd "
		"messages %s\n\n",
		(intmax_t)lines_per_second(old, now),
		(intmax_t)more(old->status, now->status, "matched"),
		(intmax_t)more(json_object_get(old->counters, "total"),
			json_object_get(now->counters, "total"), "bans"),
		seconds_between(old, now),
		(intmax_t)(queue < 0 ? client_number(now->counters, "open")
				     : queue),
		queue < 0 ? "open" : "in the queue");
}

static void mail_print(
	const struct sample *old, const struct sample *now, FILE *to)
{
	static const char *const heads[] = {
		"Mail", ">Now", ">This hour", ">24 hours", NULL};
	struct table *table = table_new(heads);

	for (size_t i = 0; i < MAIL; i++) {
		table_text(table, mail[i].label, TABLE_PLAIN);
		table_number(
			table, more(json_object_get(old->counters, "total"),
				       json_object_get(now->counters, "total"),
				       mail[i].key));
		table_number(
			table, sum_of_hours(now->counters, mail[i].key, true));
		table_number(
			table, sum_of_hours(now->counters, mail[i].key, false));
	}
	table_print(table, to);
	table_free(&table);
}

static void jails_print(
	const struct sample *old, const struct sample *now, FILE *to)
{
	static const char *const heads[] = {"Jail", ">Failures", ">Failing",
		">Bans", ">Banned", ">In the kernel", NULL};
	struct table *table = table_new(heads);
	const json_t *jails = json_object_get(now->status, "jails"), *jail;
	size_t i;

	json_array_foreach (jails, i, jail) {
		const json_t *before = jail_of(old->status, jail);
		const json_t *held = json_object_get(jail, "enforced");
		const char *name =
			json_string_value(json_object_get(jail, "name"));

		table_text(table, name ? name : "-", TABLE_PLAIN);
		table_number(table, more(before, jail, "total_failed"));
		table_number(table, client_number(jail, "failed"));
		table_number(table, more(before, jail, "total_banned"));
		table_number(table, client_number(jail, "banned"));
		if (json_is_integer(held))
			table_number(table, json_integer_value(held));
		else
			table_text(table, "-", TABLE_PLAIN);
	}
	table_print(table, to);
	table_free(&table);
}

static void attackers_print(const struct sample *now, size_t most, FILE *to)
{
	static const char *const heads[] = {"Address today", ">Failures",
		"Network", ">Failures", "Account", ">Failures", NULL};
	static const char *const kinds[] = {"address", "network", "account"};
	struct table *table = table_new(heads);
	const json_t *rows[3];
	size_t n = 0;

	for (int k = 0; k < 3; k++) {
		rows[k] = json_object_get(
			json_object_get(now->attackers, kinds[k]), "rows");
		if (json_array_size(rows[k]) > n)
			n = json_array_size(rows[k]);
	}
	for (size_t i = 0; i < n && i < most; i++)
		for (int k = 0; k < 3; k++) {
			const json_t *row = json_array_get(rows[k], i);
			const char *name =
				json_string_value(json_object_get(row, "name"));

			table_text(table, name ? name : "", TABLE_PLAIN);
			if (row)
				table_number(
					table, client_number(row, "failures"));
			else
				table_text(table, "", TABLE_PLAIN);
		}
	table_print(table, to);
	table_free(&table);
}

/* Who sends now, if anybody does; how many lines that takes. */
static size_t senders_print(const struct sample *now, size_t most, FILE *to)
{
	const json_t *list = json_object_get(now->senders, "accounts");
	size_t n = accounts_busy(list);

	if (!n)
		return 0;
	if (n > most)
		n = most;
	accounts_print(list, n, to);
	fputc('\n', to);
	return n + 2;
}

/* All of it, in so many lines if rows is not 0. */
static void round_print(const struct sample *old, const struct sample *now,
	size_t rows, FILE *to)
{
	size_t used = 3 + MAIL + 1 + 1 + 1 + 1 + 1 +
		      json_array_size(json_object_get(now->status, "jails"));

	head_print(old, now, to);
	mail_print(old, now, to);
	fputc('\n', to);
	jails_print(old, now, to);
	fputc('\n', to);
	used += senders_print(now, rows ? ACCOUNTS : ROWS_PLAIN, to);
	attackers_print(now,
		!rows	      ? ROWS_PLAIN
		: rows > used ? rows - used
			      : 1,
		to);
}

/* An object on a line of its own, and takes it. */
static void line_print(json_t *object)
{
	json_dumpf(object, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(object);
}

static void round_json(const struct sample *old, const struct sample *now)
{
	const json_t *jails = json_object_get(now->status, "jails"), *jail;
	json_int_t queue = queued(now->status);
	json_t *list = json_array(), *changes = json_object();
	size_t i;

	for (i = 0; i < MAIL; i++)
		json_object_set_new(changes, mail[i].key,
			json_integer(
				more(json_object_get(old->counters, "total"),
					json_object_get(now->counters, "total"),
					mail[i].key)));
	json_array_foreach (jails, i, jail) {
		const json_t *before = jail_of(old->status, jail);

		json_array_append_new(list,
			json_pack("{s:O, s:I, s:I, s:I, s:I}", "name",
				json_object_get(jail, "name"), "failures",
				more(before, jail, "total_failed"), "failing",
				client_number(jail, "failed"), "bans",
				more(before, jail, "total_banned"), "banned",
				client_number(jail, "banned")));
	}
	line_print(json_pack("{s:I, s:f, s:I, s:I, s:o, s:o, s:o, s:O, s:O*}",
		"time", (json_int_t)(clock_wall() / CLOCK_SECOND), "interval",
		seconds_between(old, now), "lines_per_second",
		lines_per_second(old, now), "open",
		client_number(now->counters, "open"), "queue",
		queue < 0 ? json_null() : json_integer(queue), "mail", changes,
		"jails", list, "attackers", now->attackers, "accounts",
		json_object_get(now->senders, "accounts")));
}

static int plain_run(
	const struct options *options, struct sample *old, int64_t rounds)
{
	const struct timespec interval = {.tv_sec = options->interval};
	struct sample now;

	for (int64_t i = 0; rounds < 0 || i < rounds; i++) {
		int rc;

		nanosleep(&interval, NULL);
		rc = sample_take(options, &now);
		if (rc)
			return rc;
		if (i && !options->json)
			putchar('\n');
		if (options->json)
			round_json(old, &now);
		else
			round_print(old, &now, 0, stdout);
		sample_free(old);
		*old = now;
		/* Who reads it has gone. */
		if (fflush(stdout) || ferror(stdout))
			return EXIT_FAULT;
	}
	return EXIT_YES;
}

/* As sample_take, but what is wrong comes back as text, to be freed. */
static char *sample_try(const struct options *options, struct sample *now)
{
	FILE *errors = stderr;
	char *text = NULL;
	size_t n;
	int rc;

	stderr = open_memstream(&text, &n);
	if (!stderr)
		abort();
	rc = sample_take(options, now);
	if (fclose(stderr))
		abort();
	stderr = errors;
	if (rc)
		return text;
	free(text);
	return NULL;
}

static void frame_draw(
	const struct sample *old, const struct sample *now, const char *trouble)
{
	char *text = NULL;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	if (!to)
		abort();
	if (trouble)
		fputs(trouble, to);
	round_print(old, now, screen_rows(), to);
	if (fclose(to))
		abort();
	screen_draw(text);
	free(text);
}

static void screen_run(const struct options *options, struct sample *old)
{
	struct sample now = {0}, next;
	enum screen_event event;
	char *trouble = NULL;
	/* Something is there at once. */
	int wait = 300;

	while ((event = screen_wait(wait)) != SCREEN_QUIT) {
		wait = options->interval * 1000;
		if (event == SCREEN_TIME) {
			free(trouble);
			trouble = sample_try(options, &next);
			if (!trouble && now.at) {
				sample_free(old);
				*old = now;
			}
			if (!trouble)
				now = next;
		}
		if (now.at || trouble)
			frame_draw(old, now.at ? &now : old, trouble);
	}
	free(trouble);
	sample_free(&now);
}

int top_run(const struct command *self, const struct options *given, int argc,
	char **argv)
{
	struct options options = *given;
	bool plain = options.batch || options.rounds || options.json;
	struct sample old;
	int rc;

	(void)argv;
	if (argc)
		return command_misused(self);
	if (options.wait > PATIENCE)
		options.wait = PATIENCE;
	if (!options.interval)
		options.interval = INTERVAL;
	rc = sample_take(&options, &old);
	if (rc)
		return rc;
	if (!plain && isatty(STDOUT_FILENO) && screen_enter()) {
		screen_run(&options, &old);
		screen_leave();
	} else {
		rc = plain_run(&options, &old,
			options.rounds	? options.rounds
			: options.batch ? -1
					: 1);
	}
	sample_free(&old);
	return rc;
}
