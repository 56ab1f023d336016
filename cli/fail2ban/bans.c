/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fail2ban-client's commands have in common: asking about jails, and
 * bans in the order and spelling that it gives them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/fail2ban/fail2ban.h"
#include "cli/fail2ban/python.h"
#include "cli/text.h"
#include "jails/ignorelist.h"
#include "lib/addr.h"

json_t *fail2ban_ask(
	const struct options *options, const char *command, const char *jail)
{
	json_t *result;

	client_ask(options,
		json_pack("{s:s, s:s*}", "command", command, "jail", jail),
		&result);
	return result;
}

bool fail2ban_has_jail(const struct options *options, const char *name)
{
	json_t *names = fail2ban_jails(options, false);
	bool found = fail2ban_has_text(names, name);

	if (names && !found)
		fail2ban_no_as(
			name, "Sorry but the jail '%s' does not exist", name);
	json_decref(names);
	return found;
}

void fail2ban_put(const char *text)
{
	char *escaped = text_escape(text ? text : "");

	fputs(escaped, stdout);
	free(escaped);
}

void fail2ban_print_text(const char *text)
{
	char *repr = python_repr(text ? text : "");

	fputs(repr, stdout);
	free(repr);
}

void fail2ban_print_list(const json_t *texts)
{
	const json_t *text;
	size_t i;

	putchar('[');
	json_array_foreach (texts, i, text) {
		fputs(i ? ", " : "", stdout);
		fail2ban_print_text(json_string_value(text));
	}
	putchar(']');
}

bool fail2ban_has_text(const json_t *list, const char *wanted)
{
	const json_t *item;
	const char *text;
	size_t i;

	json_array_foreach (list, i, item) {
		text = json_string_value(item);
		if (text && !strcmp(text, wanted))
			return true;
	}
	return false;
}

struct begun {
	const json_t *address;
	json_int_t start;
	size_t at;
};

static int begun_compare(const void *a, const void *b)
{
	const struct begun *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

json_t *fail2ban_addresses(const json_t *jail)
{
	const json_t *bans = json_object_get(jail, "bans"), *ban;
	size_t n = json_array_size(bans), i;
	struct begun *begun = calloc(n + 1, sizeof(*begun));
	json_t *list = json_array();

	if (!begun)
		abort();
	json_array_foreach (bans, i, ban) {
		begun[i].address = json_object_get(ban, "address");
		begun[i].start = client_number(ban, "start");
		begun[i].at = i;
	}
	qsort(begun, n, sizeof(*begun), begun_compare);
	for (i = 0; i < n; i++)
		if (json_is_string(begun[i].address))
			json_array_append(list, (json_t *)begun[i].address);
	free(begun);
	return list;
}

static bool text_prefix(const json_t *text, struct prefix *out)
{
	const char *t = json_string_value(text);

	return t && prefix_parse(t, strlen(t), out);
}

bool fail2ban_holds(const json_t *addresses, const char *text)
{
	struct prefix wanted, p;
	const json_t *item;
	size_t i;

	if (!ignorelist_prefix(text, strlen(text), &wanted))
		return false;
	json_array_foreach (addresses, i, item) {
		if (text_prefix(item, &p) && p.len == wanted.len &&
			addr_equal(&p.net, &wanted.net))
			return true;
	}
	return false;
}

/* Appends those of addresses that lie in the network; how many. */
static size_t members_add(
	const json_t *addresses, const char *network, json_t *out)
{
	struct prefix wanted, p;
	const json_t *item;
	size_t i, n = 0;

	if (!ignorelist_prefix(network, strlen(network), &wanted) ||
		prefix_is_host(&wanted))
		return 0;
	json_array_foreach (addresses, i, item) {
		if (!text_prefix(item, &p) || p.len < wanted.len ||
			!prefix_contains(&wanted, &p.net))
			continue;
		json_array_append(out, (json_t *)item);
		n++;
	}
	return n;
}

/* "192.0.2.0/255.255.255.0", which the daemon does not read, as it reads it;
 * all else as it is. */
static char *address_spell(const char *text)
{
	char spelt[PREFIX_TEXT], *copy;
	struct prefix p;

	if (!prefix_parse(text, strlen(text), &p) &&
		ignorelist_prefix(text, strlen(text), &p))
		text = prefix_format(&p, spelt);
	copy = strdup(text);
	if (!copy)
		abort();
	return copy;
}

int fail2ban_ask_addresses(const struct options *options, const char *command,
	const char *jail, int n, char **texts, json_int_t *count)
{
	char **list = calloc((size_t)n + 1, sizeof(*list));
	int rc;

	if (!list)
		abort();
	for (int i = 0; i < n; i++)
		list[i] = address_spell(texts[i]);
	rc = client_ask_addresses(options, command, jail, n, list, count);
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
	return rc;
}

static json_int_t texts_lift(
	const struct options *options, const char *jail, const json_t *texts)
{
	size_t n = json_array_size(texts), i;
	char **list = calloc(n + 1, sizeof(*list));
	json_int_t count;
	int rc;

	if (!list)
		abort();
	for (i = 0; i < n; i++)
		list[i] = (char *)json_string_value(json_array_get(texts, i));
	rc = fail2ban_ask_addresses(
		options, "unban", jail, (int)n, list, &count);
	free(list);
	return rc == EXIT_YES ? count : -1;
}

json_int_t fail2ban_lift(const struct options *options, const char *jail, int n,
	char **texts, json_t *missed)
{
	json_t *told, *addresses, *wanted;
	json_int_t count;
	int i;

	told = fail2ban_ask(options, "jail", jail);
	if (!told)
		return -1;
	addresses = fail2ban_addresses(told);
	wanted = json_array();
	for (i = 0; i < n; i++) {
		if (fail2ban_holds(addresses, texts[i]))
			json_array_append_new(wanted, json_string(texts[i]));
		else if (!members_add(addresses, texts[i], wanted) && missed)
			json_array_append_new(
				missed, json_stringn_nocheck(
						texts[i], strlen(texts[i])));
	}
	count = texts_lift(options, jail, wanted);
	json_decref(wanted);
	json_decref(addresses);
	json_decref(told);
	return count;
}

json_int_t fail2ban_lift_all(const struct options *options, const char *jail)
{
	json_int_t count;
	json_t *result;

	if (client_ask(options,
		    json_pack("{s:s, s:s*, s:b}", "command", "unban", "jail",
			    jail, "all", 1),
		    &result))
		return -1;
	count = client_number(result, "count");
	json_decref(result);
	return count;
}

/* In every jail; -1 when told why not. */
static json_int_t lift_everywhere(
	const struct options *options, int n, char **texts)
{
	json_t *names = fail2ban_jails(options, false);
	json_int_t count = 0, lifted = 0;
	const json_t *name;
	size_t i;

	if (!names)
		return -1;
	json_array_foreach (names, i, name) {
		lifted = fail2ban_lift(
			options, json_string_value(name), n, texts, NULL);
		if (lifted < 0)
			break;
		count += lifted;
	}
	json_decref(names);
	return lifted < 0 ? -1 : count;
}

int fail2ban_unban(const struct options *options, int argc, char **argv)
{
	json_int_t count;

	if (argc < 2)
		return fail2ban_invalid(options, "Invalid command");
	if (argc == 2 && !strcmp(argv[1], "--all"))
		count = fail2ban_lift_all(options, NULL);
	else
		count = lift_everywhere(options, argc - 1, argv + 1);
	if (count < 0)
		return FAIL2BAN_NO;
	printf("%jd\n", (intmax_t)count);
	return FAIL2BAN_YES;
}
