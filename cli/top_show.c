/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What mailban top shows of two answers of the daemon, as tables or as JSON.
 * On a terminal what fits decides: who attacks is never pushed off by jails
 * that have nothing to tell or by accounts that send as they should.
 */
#include "cli/top_show.h"

#include <stdint.h>
#include <stdlib.h>

#include "cli/accounts.h"
#include "cli/client.h"
#include "cli/jsonout.h"
#include "cli/table.h"
#include "cli/text.h"
#include "lib/clock.h"

/* Attackers and accounts where nothing limits them. */
#define ROWS_PLAIN 10
/* On a terminal: accounts that send, and the room that attackers have. */
#define ACCOUNTS 5
#define ATTACKERS 5

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
	json_int_t failures = more(old->status, now->status, "matched");
	json_int_t bans = more(json_object_get(old->counters, "total"),
		json_object_get(now->counters, "total"), "bans");
	json_int_t messages =
		queue < 0 ? client_number(now->counters, "open") : queue;

	fprintf(to, "mailban top  %s  up %s\n",
		text_moment(clock_wall() / CLOCK_SECOND, moment),
		text_duration(
			client_seconds(
				json_object_get(now->status, "uptime"), 0),
			up));
	fprintf(to,
		"%jd lines/s, %jd failure%s and %jd ban%s in %.1f s; %jd "
		"message%s %s\n",
		(intmax_t)lines_per_second(old, now), (intmax_t)failures,
		failures == 1 ? "" : "s", (intmax_t)bans, bans == 1 ? "" : "s",
		seconds_between(old, now), (intmax_t)messages,
		messages == 1 ? "" : "s", queue < 0 ? "open" : "in the queue");
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

/* What a jail says if nothing goes on in it. */
static bool jail_idle(const json_t *before, const json_t *jail)
{
	return more(before, jail, "total_failed") == 0 &&
	       client_number(jail, "failed") == 0 &&
	       client_number(jail, "banned") == 0 &&
	       client_number(jail, "enforced") == 0;
}

/* How many jails there are, or how many of them are not idle. */
static size_t jails_count(
	const struct sample *old, const struct sample *now, bool busy)
{
	const json_t *jails = json_object_get(now->status, "jails"), *jail;
	size_t i, n = 0;

	json_array_foreach (jails, i, jail)
		n += !busy || !jail_idle(jail_of(old->status, jail), jail);
	return n;
}

static void jails_print(
	const struct sample *old, const struct sample *now, bool busy, FILE *to)
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

		if (busy && jail_idle(before, jail))
			continue;
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
	/* What is long stands last: an account is cut, no number is. */
	static const char *const heads[] = {">Failed", "Address today",
		">Failed", "Network", ">Failed", "Account", NULL};
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

			if (row)
				table_number(
					table, client_number(row, "failures"));
			else
				table_text(table, "", TABLE_PLAIN);
			table_text(table, name ? name : "", TABLE_PLAIN);
		}
	table_print(table, to);
	table_free(&table);
}

/* Alarms that are raised, in a line, if any is; how many lines that takes. */
static size_t alarms_print(const struct sample *now, FILE *to)
{
	const json_t *alarms = json_object_get(now->status, "alarms"), *alarm;
	size_t i;

	json_array_foreach (alarms, i, alarm) {
		char *name = client_text(alarm, "name");
		char *level = client_text(alarm, "level");

		fprintf(to, "%s%s%s, %s%s",
			i ? "; " : "alarms: ", table_bad(to), name, level,
			table_plain(to));
		free(name);
		free(level);
	}
	if (i)
		fputs("; see mailban status\n", to);
	return i > 0;
}

/* Who sends now, if anybody does; how many lines that takes. */
static size_t senders_print(const struct sample *now, size_t most, FILE *to)
{
	const json_t *list = json_object_get(now->senders, "accounts");
	size_t n = accounts_busy(list);

	if (n > most)
		n = most;
	if (!n)
		return 0;
	accounts_print(list, n, to);
	fputc('\n', to);
	return n + 2;
}

/* How many accounts to show in so many lines, which attackers need too: those
 * that are an alarm in any case. */
static size_t senders_most(const struct sample *now, size_t lines)
{
	const json_t *list = json_object_get(now->senders, "accounts"),
		     *account;
	size_t i, most = 0,
		  room = lines > ATTACKERS + 2 ? lines - ATTACKERS - 2 : 0;

	json_array_foreach (list, i, account)
		most += json_array_size(json_object_get(account, "alarms")) > 0;
	if (most < room)
		most = room;
	return most < ACCOUNTS ? most : ACCOUNTS;
}

void top_print(const struct sample *old, const struct sample *now, size_t rows,
	FILE *to)
{
	/* Three of the head, a table of the mail and the heads of two others,
	 * with what parts them. */
	size_t used = 3 + 1 + MAIL + 1 + 1 + 1 + 1, left;
	size_t jails = jails_count(old, now, false);
	bool busy = rows && used + jails + ATTACKERS > rows;

	head_print(old, now, to);
	used += alarms_print(now, to);
	fputc('\n', to);
	mail_print(old, now, to);
	fputc('\n', to);
	jails_print(old, now, busy, to);
	fputc('\n', to);
	used += busy ? jails_count(old, now, true) : jails;
	left = rows > used ? rows - used : 0;
	used += senders_print(
		now, rows ? senders_most(now, left) : ROWS_PLAIN, to);
	attackers_print(now,
		!rows	      ? ROWS_PLAIN
		: rows > used ? rows - used
			      : 1,
		to);
}

/* An object on a line of its own, and takes it. */
static void line_print(json_t *object)
{
	jsonout_write(object, JSON_COMPACT, stdout);
	json_decref(object);
}

void top_json(const struct sample *old, const struct sample *now)
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
