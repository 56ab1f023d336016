/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fail2ban-client's "get JAIL ...": what a jail holds and how it judges, in
 * that program's words. Only looks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/fail2ban/fail2ban.h"
#include "cli/fail2ban/pytext.h"
#include "cli/text.h"
#include "filters/pyregex.h"

/* Where fail2ban ends a ban that has no end. */
#define END_OF_TIME INT64_C(253402214400)
#define END_OF_TIME_TEXT "9999-12-31 23:59:59"

/* "|- a", "`- b" */
static void tree_print(const char *head, const json_t *texts)
{
	size_t i, n = json_array_size(texts);

	puts(head);
	for (i = 0; i < n; i++) {
		fputs(i + 1 < n ? "|- " : "`- ", stdout);
		fail2ban_put(json_string_value(json_array_get(texts, i)));
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

	fail2ban_put(json_string_value(json_object_get(row->ban, "address")));
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
		fail2ban_put(json_string_value(match));
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
	else if (!value || json_is_null(value))
		fputs("None", stdout);
	else if (json_is_boolean(value))
		fputs(json_is_true(value) ? "True" : "False", stdout);
	else
		fail2ban_put(json_string_value(value));
	putchar('\n');
	json_decref(jail);
	return FAIL2BAN_YES;
}

/* As fail2ban has it once <HOST> and its like are put in. */
static void regex_put(const json_t *jail, const json_t *text)
{
	char *shown = pyregex_show(json_string_value(text),
		json_is_true(json_object_get(jail, "names")), pytext_ip6());

	fail2ban_put(shown);
	free(shown);
}

static int get_regexes(const struct options *options, int argc, char **argv)
{
	json_t *jail = fail2ban_ask(options, "jail", argv[0]);
	const json_t *list = json_object_get(jail, argv[1]), *text;
	size_t n = json_array_size(list), i;

	(void)argc;
	if (!jail)
		return FAIL2BAN_NO;
	puts(n ? "The following regular expression are defined:"
	       : "No regular expression is defined");
	json_array_foreach (list, i, text) {
		printf("%s [%zu]: ", i + 1 < n ? "|-" : "`-", i);
		if (json_is_string(text))
			regex_put(jail, text);
		putchar('\n');
	}
	json_decref(jail);
	return FAIL2BAN_YES;
}

static int get_prefregex(const struct options *options, int argc, char **argv)
{
	json_t *jail = fail2ban_ask(options, "jail", argv[0]);
	const json_t *text = json_object_get(jail, "prefregex");

	(void)argc;
	if (!jail)
		return FAIL2BAN_NO;
	if (json_is_string(text))
		regex_put(jail, text);
	putchar('\n');
	json_decref(jail);
	return FAIL2BAN_YES;
}

static int get_datepattern(const struct options *options, int argc, char **argv)
{
	json_t *jail = fail2ban_ask(options, "jail", argv[0]);
	const char *text =
		json_string_value(json_object_get(jail, "datepattern"));

	(void)argc;
	if (!jail)
		return FAIL2BAN_NO;
	fputs("Current date pattern set to: ", stdout);
	/* Several, or one that stands for the usual ones. */
	if (!text || strchr(text, '\n') || !strchr(text, '%'))
		text = "Default Detectors";
	fail2ban_put(text);
	putchar('\n');
	json_decref(jail);
	return FAIL2BAN_YES;
}

static int get_actions(const struct options *options, int argc, char **argv)
{
	json_t *jail = fail2ban_ask(options, "jail", argv[0]);
	const json_t *list = json_object_get(jail, "actions"), *name;
	bool any = json_array_size(list);
	size_t i;

	(void)argc;
	if (!jail)
		return FAIL2BAN_NO;
	printf(any ? "The jail %s has the following actions:\n"
		   : "No actions for jail %s",
		argv[0]);
	json_array_foreach (list, i, name) {
		fputs(i ? ", " : "", stdout);
		fail2ban_put(json_string_value(name));
	}
	putchar('\n');
	json_decref(jail);
	return FAIL2BAN_YES;
}

static int action_unknown(const char *name)
{
	char *said;

	if (asprintf(&said, "Invalid Action name: %s", name) < 0)
		abort();
	fail2ban_no_as(said, "'%s'", said);
	free(said);
	return FAIL2BAN_NO;
}

/* mailban has an action's name and no more of it. */
static int get_action(const struct options *options, int argc, char **argv)
{
	json_t *jail = fail2ban_ask(options, "jail", argv[0]);
	bool known;

	(void)argc;
	if (!jail)
		return FAIL2BAN_NO;
	known = fail2ban_has_text(json_object_get(jail, "actions"), argv[2]);
	json_decref(jail);
	if (!known)
		return action_unknown(argv[2]);
	return fail2ban_refuse(argv[1], "mailban bans by itself: it runs no "
					"action and has none of its values");
}

/* What mailban's jails do not have. */
static int get_nothing(const struct options *options, int argc, char **argv)
{
	(void)options;
	(void)argc;
	puts(strcmp(argv[1], "ignorecommand") ? "None" : "");
	return FAIL2BAN_YES;
}

static int get_logencoding(const struct options *options, int argc, char **argv)
{
	(void)options;
	(void)argc;
	(void)argv;
	puts("Current log encoding is set to:\nUTF-8");
	return FAIL2BAN_YES;
}

const struct fail2ban_word fail2ban_get_words[] = {
	{"banip", 2, get_banip, "[<SEP>|--with-time]",
		"who is banned, by the ban's end"},
	{"banned", 2, get_banned, "[<IP> ...]",
		"who is banned; or 1 or 0 of each"},
	{"ignoreip", 2, get_ignoreip, "", "who is never banned"},
	{"logpath", 2, get_logpath, "", "the files that are read"},
	{"journalmatch", 2, get_journalmatch, "",
		"what of the journal is read"},
	{"bantime", 2, get_value, "", "how long a ban is"},
	{"findtime", 2, get_value, "", "how long a failure counts"},
	{"maxretry", 2, get_value, "", "as many failures are a ban"},
	{"maxmatches", 2, get_value, "", "lines kept of a ban"},
	{"maxlines", 2, get_value, "", "lines that an expression sees"},
	{"ignoreself", 2, get_value, "", "is this host never banned?"},
	{"usedns", 2, get_value, "", "are names looked up?"},
	{"failregex", 2, get_regexes, "", "the expressions"},
	{"ignoreregex", 2, get_regexes, "", "those that take a line out"},
	{"prefregex", 2, get_prefregex, "", "the one before them all"},
	{"datepattern", 2, get_datepattern, "", "how a line's time is found"},
	{"logencoding", 2, get_logencoding, "", "their encoding"},
	{"logtimezone", 2, get_nothing, NULL, NULL},
	{"ignorecommand", 2, get_nothing, NULL, NULL},
	{"ignorecache", 2, get_nothing, NULL, NULL},
	{"actions", 2, get_actions, "", "their names; mailban runs none"},
	{"action", 4, get_action, NULL, NULL},
	{"actionproperties", 3, get_action, NULL, NULL},
	{"actionmethods", 3, get_action, NULL, NULL},
	{NULL, 0, NULL, NULL, NULL},
};

int fail2ban_get_key(
	const struct options *options, const char *key, int argc, char **argv)
{
	char *asked[] = {argv[0], (char *)key, NULL};

	(void)argc;
	return fail2ban_word_find(fail2ban_get_words, key)
		->run(options, 2, asked);
}

int fail2ban_get(const struct options *options, int argc, char **argv)
{
	const struct fail2ban_word *word;
	int rc;

	if (argc && fail2ban_get_setting(options, argc, argv, &rc))
		return rc;
	if (argc < 2)
		return fail2ban_too_few(options);
	word = fail2ban_word_find(fail2ban_get_words, argv[1]);
	if (!word && strncmp(argv[1], "bantime.", 8) != 0)
		return fail2ban_invalid(options,
			"Invalid command (no get action or not yet "
			"implemented)");
	if (word && argc < word->least)
		return fail2ban_too_few(options);
	if (!fail2ban_has_jail(options, argv[0]))
		return FAIL2BAN_NO;
	if (word)
		return word->run(options, argc, argv);
	return get_value(options, argc, argv);
}
