/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban export: every ban in a form that mailban import takes, and other
 * programs too. Only shows; what it writes is the same for the same bans.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/jsonout.h"
#include "cli/text.h"
#include "lib/addr.h"
#include "lib/clock.h"
#include "lib/layout.h"

/* A ban of the daemon's answer, looked at. */
struct row {
	struct prefix who;
	char address[PREFIX_TEXT];
	const char *jail;
	int64_t start, end; /* seconds since 1970; end -1 = never */
	int64_t count;
};

typedef void (*print_fn)(const struct row *rows, size_t n);

/* By jail, family and address, so that two exports can be compared. */
static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int c = strcmp(x->jail, y->jail);

	if (!c)
		c = addr_is_v4(&y->who.net) - addr_is_v4(&x->who.net);
	if (!c)
		c = addr_compare(&x->who.net, &y->who.net);
	return c ? c : (int)x->who.len - (int)y->who.len;
}

static const char *moment(int64_t seconds, char buf[TEXT_TIME])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (seconds < 0)
		return "never";
	if (!gmtime_r(&t, &tm) ||
		!strftime(buf, TEXT_TIME, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return "-";
	return buf;
}

static void print_text(const struct row *rows, size_t n)
{
	char start[TEXT_TIME], end[TEXT_TIME];

	puts("# address end jail start count");
	for (size_t i = 0; i < n; i++)
		printf("%s %s %s %s %lld\n", rows[i].address,
			moment(rows[i].end, end), rows[i].jail,
			moment(rows[i].start, start), (long long)rows[i].count);
}

static void print_csv(const struct row *rows, size_t n)
{
	char start[TEXT_TIME], end[TEXT_TIME];

	puts("address,end,jail,start,count");
	for (size_t i = 0; i < n; i++)
		printf("%s,%s,%s,%s,%lld\n", rows[i].address,
			moment(rows[i].end, end), rows[i].jail,
			moment(rows[i].start, start), (long long)rows[i].count);
}

static void print_json(const struct row *rows, size_t n)
{
	json_t *list = json_array(), *row;

	for (size_t i = 0; i < n; i++) {
		row = json_pack("{s:s,s:s,s:I,s:I}", "address", rows[i].address,
			"jail", rows[i].jail, "start",
			(json_int_t)rows[i].start, "count",
			(json_int_t)rows[i].count);
		json_object_set_new(row, "end",
			rows[i].end < 0 ? json_null()
					: json_integer(rows[i].end));
		json_array_append_new(list, row);
	}
	jsonout_print(list);
	json_decref(list);
}

/* add element inet mailban ban4-JAIL { ADDRESS timeout SECONDSs, ... } */
static void print_nft(const struct row *rows, size_t n)
{
	int64_t now = clock_wall() / CLOCK_SECOND;

	for (size_t i = 0; i < n; i++) {
		bool host = prefix_is_host(&rows[i].who);
		bool v4 = addr_is_v4(&rows[i].who.net);

		printf("add element inet mailban %s%c-%s { %s",
			host ? "ban" : "net", v4 ? '4' : '6', rows[i].jail,
			rows[i].address);
		if (rows[i].end >= 0)
			printf(" timeout %llds",
				(long long)(rows[i].end > now
						    ? rows[i].end - now
						    : 1));
		puts(" }");
	}
}

static const struct {
	const char *name;
	print_fn print;
} formats[] = {
	{"text", print_text},
	{"csv", print_csv},
	{"json", print_json},
	{"nft", print_nft},
};

static print_fn find_format(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (!strcmp(formats[i].name, name))
			return formats[i].print;
	text_complain("--format: '%s' is not text, csv, json or nft", name);
	return NULL;
}

/* False if it is not what a daemon says. */
static bool row_read(struct row *row, const json_t *ban)
{
	const char *who = json_string_value(json_object_get(ban, "address"));
	const json_t *end = json_object_get(ban, "end");

	row->jail = json_string_value(json_object_get(ban, "jail"));
	if (!who || !row->jail || !layout_name_valid(row->jail) ||
		!prefix_parse(who, strlen(who), &row->who))
		return false;
	prefix_format(&row->who, row->address);
	row->start = client_seconds(json_object_get(ban, "start"), 0);
	row->end = json_is_number(end) ? client_seconds(end, 0) : -1;
	row->count = client_seconds(json_object_get(ban, "count"), 0);
	return true;
}

int export_run(const struct command *self, const struct options *options,
	int argc, char **argv)
{
	const char *format = options->json ? "json" : "text";
	struct row *rows;
	json_t *bans, *ban;
	print_fn print;
	size_t i, n = 0;
	int rc;

	if (argc > 1)
		return command_misused(self);
	print = find_format(options->format ? options->format : format);
	if (!print)
		return EXIT_FAULT;
	rc = client_ask(options,
		json_pack("{s:s, s:s*}", "command", "list", "jail",
			argc ? argv[0] : NULL),
		&bans);
	if (rc)
		return rc;
	rows = calloc(json_array_size(bans) + 1, sizeof(*rows));
	if (!rows)
		abort();
	json_array_foreach (bans, i, ban) {
		n += row_read(&rows[n], ban);
	}
	if (n)
		qsort(rows, n, sizeof(*rows), compare_rows);
	print(rows, n);
	if (n != json_array_size(bans))
		text_complain("%zu bans were not understood and are left out",
			json_array_size(bans) - n);
	rc = n == json_array_size(bans) ? EXIT_YES : EXIT_FAULT;
	json_decref(bans);
	free(rows);
	return rc;
}
