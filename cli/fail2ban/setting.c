/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fail2ban-client's "get" and "set" of what is no jail's: the log and the
 * database. mailban has other ones, and tells of them in these words.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/fail2ban/fail2ban.h"
#include "cli/fail2ban/python.h"
#include "lib/log.h"

static int get_loglevel(const struct options *options, int argc, char **argv)
{
	json_t *settings = fail2ban_ask(options, "settings", NULL);

	(void)argc;
	(void)argv;
	if (!settings)
		return FAIL2BAN_NO;
	fputs("Current logging level is ", stdout);
	fail2ban_print_text(
		json_string_value(json_object_get(settings, "loglevel")));
	putchar('\n');
	json_decref(settings);
	return FAIL2BAN_YES;
}

static int get_logtarget(const struct options *options, int argc, char **argv)
{
	json_t *settings = fail2ban_ask(options, "settings", NULL);

	(void)argc;
	(void)argv;
	if (!settings)
		return FAIL2BAN_NO;
	printf("Current logging target is:\n`- %s\n",
		json_is_true(json_object_get(settings, "journal"))
			? "SYSTEMD-JOURNAL"
			: "STDERR");
	json_decref(settings);
	return FAIL2BAN_YES;
}

/* dbfile, dbmaxmatches (no matches are kept) and dbpurgeage. */
static int get_database(const struct options *options, int argc, char **argv)
{
	json_t *settings = fail2ban_ask(options, "settings", NULL);
	const char *file;

	(void)argc;
	if (!settings)
		return FAIL2BAN_NO;
	file = json_string_value(json_object_get(settings, "database"));
	if (!strcmp(argv[0], "dbmaxmatches")) {
		puts(file ? "0" : "None");
	} else if (!file) {
		puts("Database currently disabled");
	} else if (!strcmp(argv[0], "dbfile")) {
		fputs("Current database file is:\n`- ", stdout);
		fail2ban_put(file);
		putchar('\n');
	} else {
		printf("Current database purge age is:\n`- %jdseconds\n",
			(intmax_t)json_integer_value(
				json_object_get(settings, "purge_age")));
	}
	json_decref(settings);
	return FAIL2BAN_YES;
}

static int get_fixed(const struct options *options, int argc, char **argv)
{
	(void)argc;
	(void)options;
	puts(!strcmp(argv[0], "thread") ? "{'stacksize': 0}"
					: "Current syslog socket is:\n`- auto");
	return FAIL2BAN_YES;
}

static int set_loglevel(const struct options *options, int argc, char **argv)
{
	char *name = strdup(argv[1]), *repr;
	json_t *result;
	int rc;

	(void)argc;
	if (!name)
		abort();
	for (char *c = name; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	if (log_level_parse(name) < 0) {
		repr = python_repr(name);
		fail2ban_invalid(options, "Invalid log level %s", repr);
		free(repr);
		rc = FAIL2BAN_NO;
	} else if (client_ask(options,
			   json_pack("{s:s, s:s}", "command", "loglevel",
				   "loglevel", name),
			   &result)) {
		rc = FAIL2BAN_NO;
	} else {
		json_decref(result);
		rc = get_loglevel(options, 0, NULL);
	}
	free(name);
	return rc;
}

/* Here argv[0] is the word itself. */
const struct fail2ban_word fail2ban_get_settings[] = {
	{"loglevel", 1, get_loglevel, "", "what mailband logs"},
	{"logtarget", 1, get_logtarget, "", "and where to"},
	{"syslogsocket", 1, get_fixed, "", "the syslog's socket"},
	{"thread", 1, get_fixed, NULL, NULL},
	{"dbfile", 1, get_database, "", "mailband's database"},
	{"dbmaxmatches", 1, get_database, "", "lines of a ban that it keeps"},
	{"dbpurgeage", 1, get_database, "", "how long it keeps a ban"},
	{NULL, 0, NULL, NULL, NULL},
};

const struct fail2ban_word fail2ban_set_settings[] = {
	{"loglevel", 2, set_loglevel, "<LEVEL>",
		"CRITICAL to DEBUG, until the next reload"},
	{"logtarget", 2, NULL, NULL, NULL},
	{"syslogsocket", 2, NULL, NULL, NULL},
	{"allowipv6", 2, NULL, NULL, NULL},
	{"thread", 2, NULL, NULL, NULL},
	{"dbfile", 2, NULL, NULL, NULL},
	{"dbmaxmatches", 2, NULL, NULL, NULL},
	{"dbpurgeage", 2, NULL, NULL, NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static bool setting_run(const struct fail2ban_word *table,
	const struct options *options, int argc, char **argv, int *rc)
{
	const struct fail2ban_word *word = fail2ban_word_find(table, argv[0]);

	if (!word)
		return false;
	if (argc < word->least)
		*rc = fail2ban_too_few(options);
	else if (word->run)
		*rc = word->run(options, argc, argv);
	else
		*rc = fail2ban_refuse(argv[0],
			"that is fail2ban's; see mailban.conf(5) for what "
			"mailban has in its place");
	return true;
}

bool fail2ban_get_setting(
	const struct options *options, int argc, char **argv, int *rc)
{
	return setting_run(fail2ban_get_settings, options, argc, argv, rc);
}

bool fail2ban_set_setting(
	const struct options *options, int argc, char **argv, int *rc)
{
	return setting_run(fail2ban_set_settings, options, argc, argv, rc);
}
