/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fail2ban-client's "get JAIL ..." and "set JAIL ...". What mailban reads
 * from its configuration alone it does not change here: it says so and ends
 * with FAIL2BAN_NO, never as if it had done it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/fail2ban.h"
#include "cli/text.h"
#include "lib/addr.h"

/* Where fail2ban ends a ban that has no end. */
#define END_OF_TIME INT64_C(253402214400)
#define END_OF_TIME_TEXT "9999-12-31 23:59:59"

static void text_put(const char *text)
{
	char *escaped = text_escape(text ? text : "");

	fputs(escaped, stdout);
	free(escaped);
}

/* "|- a", "`- b" */
static void tree_print(const char *head, const json_t *texts)
{
	size_t i, n = json_array_size(texts);

	puts(head);
	for (i = 0; i < n; i++) {
		fputs(i + 1 < n ? "|- " : "`- ", stdout);
		text_put(json_string_value(json_array_get(texts, i)));
		putchar('\n');
	}
}

struct row {
	const json_t *ban;
	int64_t start, end; /* seconds; END_OF_TIME at most */
	size_t at;
};

static int row_compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static void row_print(const struct row *row, bool with_time)
{
	bool ends = row->end < END_OF_TIME;
	char from[TEXT_TIME], to[TEXT_TIME];

	text_put(json_string_value(json_object_get(row->ban, "address")));
	if (with_time)
		printf(" 	%s + %jd = %s", text_moment(row->start, from),
			(intmax_t)(ends ? row->end - row->start : -1),
			ends ? text_moment(row->end, to) : END_OF_TIME_TEXT);
}

/* The bans by their end. */
static void bans_print(const json_t *bans, const char *between, bool with_time)
{
	size_t n = json_array_size(bans), i;
	struct row *rows = calloc(n + 1, sizeof(*rows));
	const json_t *ban;

	if (!rows)
		abort();
	json_array_foreach (bans, i, ban) {
		rows[i].ban = ban;
		rows[i].at = i;
		rows[i].start =
			client_seconds(json_object_get(ban, "start"), 0);
		rows[i].end = client_seconds(
			json_object_get(ban, "end"), END_OF_TIME);
	}
	qsort(rows, n, sizeof(*rows), row_compare);
	for (i = 0; i < n; i++) {
		if (i)
			fputs(between, stdout);
		row_print(&rows[i], with_time);
	}
	putchar('\n');
	free(rows);
}

static int get_banip(const struct options *options, int argc, char **argv)
{
	bool with_time = argc > 2 && !strcmp(argv[2], "--with-time");
	json_t *jail = fail2ban_ask(options, "jail", argv[0]);

	if (!jail)
		return FAIL2BAN_NO;
	bans_print(json_object_get(jail, "bans"),
		with_time  ? "\n"
		: argc > 2 ? argv[2]
			   : " ",
		with_time);
	json_decref(jail);
	return FAIL2BAN_YES;
}

static int get_banned(const struct options *options, int argc, char **argv)
{
	json_t *jail = fail2ban_ask(options, "jail", argv[0]), *addresses;
	int i;

	if (!jail)
		return FAIL2BAN_NO;
	addresses = fail2ban_addresses(jail);
	if (argc == 2)
		fail2ban_print_list(addresses);
	else if (argc > 3)
		putchar('[');
	for (i = 2; i < argc; i++)
		printf("%s%d", i > 2 ? ", " : "",
			fail2ban_holds(addresses, argv[i]));
	puts(argc > 3 ? "]" : "");
	json_decref(addresses);
	json_decref(jail);
	return FAIL2BAN_YES;
}

static int get_ignoreip(const struct options *options, int argc, char **argv)
{
	json_t *jail = fail2ban_ask(options, "jail", argv[0]);
	const json_t *list = json_object_get(jail, "ignoreip");

	(void)argc;
	if (!jail)
		return FAIL2BAN_NO;
	if (json_array_size(list))
		tree_print("These IP addresses/networks are ignored:", list);
	else
		puts("No IP address/network is ignored");
	json_decref(jail);
	return FAIL2BAN_YES;
}

static int get_logpath(const struct options *options, int argc, char **argv)
{
	json_t *status = fail2ban_ask(options, "status", argv[0]);
	const json_t *files = json_object_get(status, "files");

	(void)argc;
	if (!status)
		return FAIL2BAN_NO;
	if (json_array_size(files))
		tree_print("Current monitored log file(s):", files);
	else
		puts("No file is currently monitored");
	json_decref(status);
	return FAIL2BAN_YES;
}

static int get_journalmatch(
	const struct options *options, int argc, char **argv)
{
	json_t *status = fail2ban_ask(options, "status", argv[0]);
	const json_t *match = json_object_get(status, "journalmatch");

	(void)argc;
	if (!status)
		return FAIL2BAN_NO;
	if (json_is_true(json_object_get(status, "journal")) &&
		json_is_string(match)) {
		puts("Current match filter:");
		text_put(json_string_value(match));
		putchar('\n');
	} else {
		puts("No journal match filter set");
	}
	json_decref(status);
	return FAIL2BAN_YES;
}

/* A number, a word or a truth value, as Python prints it. */
static int get_value(const struct options *options, int argc, char **argv)
{
	json_t *jail = fail2ban_ask(options, "jail", argv[0]);
	const json_t *value = json_object_get(jail, argv[1]);

	(void)argc;
	if (!jail)
		return FAIL2BAN_NO;
	if (json_is_integer(value))
		printf("%jd", (intmax_t)json_integer_value(value));
	else if (json_is_boolean(value))
		fputs(json_is_true(value) ? "True" : "False", stdout);
	else
		text_put(json_string_value(value));
	putchar('\n');
	json_decref(jail);
	return FAIL2BAN_YES;
}

static const struct get_row {
	const char *name;
	/* NULL: mailban does not tell it. */
	int (*run)(const struct options *options, int argc, char **argv);
} get_rows[] = {
	{"banip", get_banip},
	{"banned", get_banned},
	{"ignoreip", get_ignoreip},
	{"logpath", get_logpath},
	{"journalmatch", get_journalmatch},
	{"bantime", get_value},
	{"findtime", get_value},
	{"maxretry", get_value},
	{"maxmatches", get_value},
	{"ignoreself", get_value},
	{"usedns", get_value},
	{"logencoding", NULL},
	{"ignorecommand", NULL},
	{"ignorecache", NULL},
	{"prefregex", NULL},
	{"failregex", NULL},
	{"ignoreregex", NULL},
	{"datepattern", NULL},
	{"logtimezone", NULL},
	{"maxlines", NULL},
	{"actions", NULL},
	{"action", NULL},
	{"actionproperties", NULL},
	{"actionmethods", NULL},
	{NULL, NULL},
};

/* Not of a jail: about fail2ban's server itself. */
static bool is_server_word(const char *word)
{
	static const char *const words[] = {"loglevel", "logtarget",
		"syslogsocket", "thread", "dbfile", "dbmaxmatches",
		"dbpurgeage", "allowipv6", NULL};
	size_t i;

	for (i = 0; words[i]; i++)
		if (!strcmp(words[i], word))
			return true;
	return false;
}

static int server_word_refuse(const char *word)
{
	text_complain("%s is fail2ban's; see mailban.conf(5) for what mailban "
		      "has in its place",
		word);
	return FAIL2BAN_NO;
}

int fail2ban_get(const struct options *options, int argc, char **argv)
{
	const struct get_row *row;

	if (argc && is_server_word(argv[0]))
		return server_word_refuse(argv[0]);
	if (argc < 2)
		return fail2ban_too_few();
	for (row = get_rows; row->name; row++)
		if (!strcmp(row->name, argv[1]))
			break;
	if (!row->name)
		return fail2ban_no("Invalid command (no get action or not yet "
				   "implemented)");
	if (!fail2ban_has_jail(options, argv[0]))
		return FAIL2BAN_NO;
	if (row->run)
		return row->run(options, argc, argv);
	text_complain("'get %s %s' is not among what mailban answers; the "
		      "jail's files say it",
		argv[0], argv[1]);
	return FAIL2BAN_NO;
}

static int set_banip(const struct options *options, int argc, char **argv)
{
	json_int_t count;
	int rc;

	rc = client_ask_addresses(
		options, "ban", argv[0], argc - 2, argv + 2, &count);
	if (rc == EXIT_FAULT)
		return FAIL2BAN_NO;
	printf("%jd\n", (intmax_t)count);
	return FAIL2BAN_YES;
}

static int set_unbanip(const struct options *options, int argc, char **argv)
{
	bool report = !strcmp(argv[2], "--report-absent");
	json_t *missed = json_array();
	json_int_t count;
	int rc = FAIL2BAN_NO;

	count = fail2ban_lift(
		options, argv[0], argc - 2 - report, argv + 2 + report, missed);
	if (count >= 0 && report && json_array_size(missed)) {
		fputs("not banned: ", stdout);
		fail2ban_print_list(missed);
		putchar('\n');
	} else if (count >= 0) {
		printf("%jd\n", (intmax_t)count);
		rc = FAIL2BAN_YES;
	}
	json_decref(missed);
	return rc;
}

static const struct set_row {
	const char *name;
	int least; /* words, the jail and the name among them */
	/* NULL: is changed in a file, not here. */
	int (*run)(const struct options *options, int argc, char **argv);
} set_rows[] = {
	{"banip", 2, set_banip},
	{"unbanip", 3, set_unbanip},
	{"bantime", 3, NULL},
	{"findtime", 3, NULL},
	{"maxretry", 3, NULL},
	{"maxmatches", 3, NULL},
	{"maxlines", 3, NULL},
	{"usedns", 3, NULL},
	{"idle", 3, NULL},
	{"ignoreself", 3, NULL},
	{"addignoreip", 2, NULL},
	{"delignoreip", 3, NULL},
	{"ignorecommand", 3, NULL},
	{"ignorecache", 3, NULL},
	{"addlogpath", 3, NULL},
	{"dellogpath", 3, NULL},
	{"logencoding", 3, NULL},
	{"logtimezone", 3, NULL},
	{"addjournalmatch", 2, NULL},
	{"deljournalmatch", 2, NULL},
	{"prefregex", 3, NULL},
	{"addfailregex", 3, NULL},
	{"delfailregex", 3, NULL},
	{"addignoreregex", 3, NULL},
	{"delignoreregex", 3, NULL},
	{"datepattern", 3, NULL},
	{"attempt", 2, NULL},
	{"addaction", 3, NULL},
	{"delaction", 3, NULL},
	{"action", 3, NULL},
	{NULL, 0, NULL},
};

int fail2ban_set(const struct options *options, int argc, char **argv)
{
	const struct set_row *row;

	if (argc && is_server_word(argv[0]))
		return server_word_refuse(argv[0]);
	if (argc < 2)
		return fail2ban_too_few();
	for (row = set_rows; row->name; row++)
		if (!strcmp(row->name, argv[1]))
			break;
	if (!row->name)
		return fail2ban_no("Invalid command '%s' (no set action or "
				   "not yet implemented)",
			argv[1]);
	if (argc < row->least)
		return fail2ban_too_few();
	if (!fail2ban_has_jail(options, argv[0]))
		return FAIL2BAN_NO;
	if (row->run)
		return row->run(options, argc, argv);
	text_complain("mailban does not change %s while it runs: write it "
		      "into jail.local, then reload",
		argv[1]);
	return FAIL2BAN_NO;
}
