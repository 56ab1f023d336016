/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fail2ban-client's "set JAIL ...". What mailban does not change while it
 * runs it refuses with FAIL2BAN_NO, never as if it had done it.
 */
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/fail2ban/fail2ban.h"
#include "cli/fail2ban/python.h"
#include "cli/text.h"
#include "jails/ignorelist.h"
#include "jails/jail.h"
#include "lib/addr.h"

/* As many of a name as the daemon takes when it looks one up. */
#define NAME_ADDRESSES_MOST 64

/* Moves what is an address or a network to the front; how many those are. The
 * others are told, each. */
static int addresses_sort(int n, char **texts)
{
	struct prefix p;
	int good = 0;

	for (int i = 0; i < n; i++) {
		if (prefix_parse(texts[i], strlen(texts[i]), &p) ||
			ignorelist_prefix(texts[i], strlen(texts[i]), &p))
			texts[good++] = texts[i];
		else
			text_complain("'%s' is no address and no network: it "
				      "is not banned",
				texts[i]);
	}
	return good;
}

/* One word that is no address keeps no other from its ban; where fail2ban
 * takes it for a name of somebody, it is a fault here. */
static int set_banip(const struct options *options, int argc, char **argv)
{
	int good = addresses_sort(argc - 2, argv + 2);
	json_int_t count;

	if (!good && argc > 2)
		return FAIL2BAN_NO;
	if (fail2ban_ask_addresses(
		    options, "ban", argv[0], good, argv + 2, &count))
		return FAIL2BAN_NO;
	printf("%jd\n", (intmax_t)count);
	return good == argc - 2 ? FAIL2BAN_YES : FAIL2BAN_NO;
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

/* Sets it and prints what it is now. */
static int value_set(const struct options *options, char **argv, json_t *value)
{
	json_t *result;

	if (client_ask(options,
		    json_pack("{s:s, s:s, s:s, s:o}", "command", "set", "jail",
			    argv[0], "key", argv[1], "value", value),
		    &result))
		return FAIL2BAN_NO;
	json_decref(result);
	return fail2ban_get_key(options, argv[1], 2, argv);
}

static int set_seconds(const struct options *options, int argc, char **argv)
{
	char *wrong;
	double value;

	(void)argc;
	wrong = python_seconds(argv[2], &value, NULL);
	if (wrong)
		return fail2ban_no_text(wrong);
	return value_set(options, argv, json_integer((json_int_t)value));
}

static int set_number(const struct options *options, int argc, char **argv)
{
	int64_t value = 0;

	(void)argc;
	free(python_int(argv[2], &value));
	return value_set(options, argv, json_integer(value));
}

static int set_truth(const struct options *options, int argc, char **argv)
{
	(void)argc;
	return value_set(options, argv, json_integer(python_truth(argv[2])));
}

/* What is none of its words is "no" to fail2ban. */
static int set_usedns(const struct options *options, int argc, char **argv)
{
	enum jail_usedns usedns = JAIL_DNS_NO;

	(void)argc;
	jail_usedns_parse(argv[2], &usedns);
	return value_set(options, argv, json_string(jail_usedns_name(usedns)));
}

/* What a name stands for, now; empty, and told, if that is nothing. */
static json_t *name_addresses(const char *name)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	int r, n = 0;
	struct addrinfo *found;
	json_t *list = json_array();
	char text[NI_MAXHOST];

	r = getaddrinfo(name, NULL, &hints, &found);
	if (r) {
		text_complain("%s has no address now (%s): nobody is ignored "
			      "by it",
			name, gai_strerror(r));
		return list;
	}
	for (struct addrinfo *a = found; a && n < NAME_ADDRESSES_MOST;
		a = a->ai_next, n++)
		if (!getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof(text),
			    NULL, 0, NI_NUMERICHOST))
			json_array_append_new(list, json_string(text));
	freeaddrinfo(found);
	return list;
}

/* One word into the jail's ignoreip, or out of it. */
static int ignore_change(const struct options *options, const char *jail,
	const char *key, const char *word)
{
	char text[PREFIX_TEXT];
	json_t *request, *result;
	struct prefix p;
	bool is_name;
	int rc;

	is_name = !ignorelist_prefix(word, strlen(word), &p);
	if (is_name && !strcmp(key, "addignoreip") &&
		!ignorelist_is_name(word, strlen(word))) {
		text_complain("'%s' is neither an address, a network nor a "
			      "name",
			word);
		return EXIT_FAULT;
	}
	request = json_pack("{s:s, s:s, s:s, s:s}", "command", "set", "jail",
		jail, "key", key, "value",
		is_name ? word : prefix_format(&p, text));
	if (is_name && !strcmp(key, "addignoreip"))
		json_object_set_new(request, "addresses", name_addresses(word));
	rc = client_ask(options, request, &result);
	json_decref(result);
	return rc;
}

static int set_addignoreip(const struct options *options, int argc, char **argv)
{
	int i;

	for (i = 2; i < argc; i++)
		if (*argv[i] &&
			ignore_change(options, argv[0], argv[1], argv[i]))
			return FAIL2BAN_NO;
	return fail2ban_get_key(options, "ignoreip", 2, argv);
}

static int set_delignoreip(const struct options *options, int argc, char **argv)
{
	int rc = ignore_change(options, argv[0], argv[1], argv[2]);

	(void)argc;
	if (rc == EXIT_NO)
		return fail2ban_no("list.remove(x): x not in list");
	if (rc)
		return FAIL2BAN_NO;
	return fail2ban_get_key(options, "ignoreip", 2, argv);
}

/* Each word behind the address is a failure more. */
static int set_attempt(const struct options *options, int argc, char **argv)
{
	struct options counted = *options;
	json_int_t count;

	if (argc < 3)
		return fail2ban_no("Filter.addAttempt() missing 1 required "
				   "positional argument: 'ip'");
	counted.failures = argc > 3 ? argc - 3 : 1;
	if (client_ask_addresses(
		    &counted, "attempt", argv[0], 1, argv + 2, &count))
		return FAIL2BAN_NO;
	printf("%jd\n", (intmax_t)count);
	return FAIL2BAN_YES;
}

static int set_idle(const struct options *options, int argc, char **argv)
{
	(void)options;
	(void)argc;
	if (!strcmp(argv[2], "on"))
		return fail2ban_refuse(argv[1], "a jail of mailban is never "
						"idle");
	puts("False");
	return FAIL2BAN_YES;
}

const struct fail2ban_word fail2ban_set_words[] = {
	{"banip", 2, set_banip, "<IP> ...", "ban"},
	{"unbanip", 3, set_unbanip, "[--report-absent] <IP> ...", "lift bans"},
	{"bantime", 3, set_seconds, "<TIME>", "how long a ban is"},
	{"findtime", 3, set_seconds, "<TIME>", "how long a failure counts"},
	{"maxretry", 3, set_number, "<RETRY>", "as many failures are a ban"},
	{"maxmatches", 3, set_number, "<INT>", "lines kept of a ban"},
	{"maxlines", 3, NULL, NULL, NULL},
	{"usedns", 3, set_usedns, "<VALUE>", "yes, warn, no or raw"},
	{"idle", 3, set_idle, NULL, NULL},
	{"ignoreself", 3, set_truth, "true|false", "never ban this host"},
	{"addignoreip", 2, set_addignoreip, "<IP> ...", "never ban these"},
	{"delignoreip", 3, set_delignoreip, "<IP>",
		"ban it as any other again"},
	{"ignorecommand", 3, NULL, NULL, NULL},
	{"ignorecache", 3, NULL, NULL, NULL},
	{"addlogpath", 3, NULL, NULL, NULL},
	{"dellogpath", 3, NULL, NULL, NULL},
	{"logencoding", 3, NULL, NULL, NULL},
	{"logtimezone", 3, NULL, NULL, NULL},
	{"addjournalmatch", 2, NULL, NULL, NULL},
	{"deljournalmatch", 2, NULL, NULL, NULL},
	{"prefregex", 3, NULL, NULL, NULL},
	{"addfailregex", 3, NULL, NULL, NULL},
	{"delfailregex", 3, NULL, NULL, NULL},
	{"addignoreregex", 3, NULL, NULL, NULL},
	{"delignoreregex", 3, NULL, NULL, NULL},
	{"datepattern", 3, NULL, NULL, NULL},
	{"attempt", 2, set_attempt, "<IP> [<failure> ...]",
		"count failures of one address"},
	{"addaction", 3, NULL, NULL, NULL},
	{"delaction", 3, NULL, NULL, NULL},
	{"action", 3, NULL, NULL, NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static int action_unknown(const struct options *options, const char *word)
{
	char *repr = python_repr(word);

	fail2ban_invalid(options,
		"Invalid command %s (no set action or not yet implemented)",
		repr);
	free(repr);
	return FAIL2BAN_NO;
}

/* What fail2ban reads before it looks for the jail: false when told. */
static bool value_is_read(
	const struct options *options, const char *key, const char *text)
{
	static const char *const numbers[] = {"maxretry", "maxmatches",
		"maxlines", "delfailregex", "delignoreregex", NULL};
	char *wrong;
	int64_t value;

	if (!strcmp(key, "idle") && strcmp(text, "on") != 0 &&
		strcmp(text, "off") != 0) {
		fail2ban_invalid(
			options, "Invalid idle option, must be 'on' or 'off'");
		return false;
	}
	for (size_t i = 0; numbers[i]; i++) {
		if (strcmp(key, numbers[i]) != 0)
			continue;
		wrong = python_int(text, &value);
		if (wrong)
			fail2ban_invalid(options, "%s", wrong);
		free(wrong);
		return !wrong;
	}
	return true;
}

int fail2ban_set(const struct options *options, int argc, char **argv)
{
	const struct fail2ban_word *word;
	int rc;

	if (argc && fail2ban_set_setting(options, argc, argv, &rc))
		return rc;
	if (argc < 2)
		return fail2ban_too_few(options);
	word = fail2ban_word_find(fail2ban_set_words, argv[1]);
	if (!word && strncmp(argv[1], "bantime.", 8) != 0)
		return action_unknown(options, argv[1]);
	if (argc < (word ? word->least : 3))
		return fail2ban_too_few(options);
	if (argc > 2 && !value_is_read(options, argv[1], argv[2]))
		return FAIL2BAN_NO;
	if (!fail2ban_has_jail(options, argv[0]))
		return FAIL2BAN_NO;
	if (word && word->run)
		return word->run(options, argc, argv);
	return fail2ban_refuse(argv[1],
		"mailban does not change it while it runs: write it into "
		"jail.local, then reload");
}
