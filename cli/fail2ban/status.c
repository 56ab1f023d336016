/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fail2ban-client's "status" and "banned": what it shows of jails and bans.
 * Tabs and punctuation are what scripts cut these texts by.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/fail2ban/fail2ban.h"
#include "cli/text.h"
#include "jails/fail2ban.h"

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

json_t *fail2ban_jails(const struct options *options, bool sorted)
{
	json_t *status = fail2ban_ask(options, "status", NULL), *names;
	const json_t *jails = json_object_get(status, "jails"), *jail;
	const char **list, *name;
	size_t i, n = 0;

	if (!status)
		return NULL;
	list = calloc(json_array_size(jails) + 1, sizeof(*list));
	if (!list)
		abort();
	json_array_foreach (jails, i, jail) {
		name = json_string_value(json_object_get(jail, "name"));
		if (name)
			list[n++] = name;
	}
	if (sorted)
		qsort(list, n, sizeof(*list), compare_texts);
	names = json_array();
	for (i = 0; i < n; i++)
		json_array_append_new(names, json_string(list[i]));
	free(list);
	json_decref(status);
	return names;
}

static void joined_put(const json_t *texts, const char *between)
{
	const json_t *text;
	size_t i;

	json_array_foreach (texts, i, text) {
		if (i)
			fputs(between, stdout);
		fail2ban_put(json_string_value(text));
	}
	putchar('\n');
}

/* What the flavors add to "basic" and leave out. */
struct flavor {
	bool brief; /* no addresses */
	bool cymru; /* whose networks they are: mailban asks nobody */
};

static struct flavor flavor_of(const char *word)
{
	return (struct flavor){.brief = word && !strcmp(word, "short"),
		.cymru = word && !strcmp(word, "cymru")};
}

static void filter_put(const char *indent, const json_t *status)
{
	const json_t *files = json_object_get(status, "files");
	const json_t *match = json_object_get(status, "journalmatch");

	printf("%s|- Filter\n"
	       "%s|  |- Currently failed:\t%jd\n"
	       "%s|  |- Total failed:\t%jd\n"
	       "%s|  `- ",
		indent, indent, (intmax_t)client_number(status, "failed"),
		indent, (intmax_t)client_number(status, "total_failed"),
		indent);
	if (json_is_true(json_object_get(status, "journal")) &&
		!json_array_size(files)) {
		fputs("Journal matches:\t", stdout);
		fail2ban_put(json_string_value(match));
		putchar('\n');
	} else {
		fputs("File list:\t", stdout);
		joined_put(files, " ");
	}
}

static void actions_put(const char *indent, const json_t *status,
	const json_t *addresses, struct flavor flavor)
{
	printf("%s`- Actions\n"
	       "%s   |- Currently banned:\t%jd\n"
	       "%s   %s Total banned:\t%jd\n",
		indent, indent, (intmax_t)client_number(status, "banned"),
		indent, flavor.brief ? "`-" : "|-",
		(intmax_t)client_number(status, "total_banned"));
	if (flavor.brief)
		return;
	printf("%s   %s Banned IP list:\t", indent, flavor.cymru ? "|-" : "`-");
	joined_put(addresses, " ");
	/* As fail2ban without a DNS resolver's module. */
	if (flavor.cymru)
		printf("%s   |- Banned ASN list:\terror\n"
		       "%s   |- Banned Country list:\terror\n"
		       "%s   `- Banned RIR list:\terror\n",
			indent, indent, indent);
}

/* Indented, under a line of the caller's; false when told why not. */
static bool jail_put(const struct options *options, const char *indent,
	const char *head, const char *name, struct flavor flavor)
{
	json_t *status, *jail, *addresses;

	status = fail2ban_ask(options, "status", name);
	jail = status ? fail2ban_ask(options, "jail", name) : NULL;
	if (jail) {
		fputs(head, stdout);
		fail2ban_put(name);
		putchar('\n');
		addresses = fail2ban_addresses(jail);
		filter_put(indent, status);
		actions_put(indent, status, addresses, flavor);
		json_decref(addresses);
	}
	json_decref(status);
	json_decref(jail);
	return jail;
}

/* The list of jails, and each of them in full if there is a flavor. */
static int jails_put(const struct options *options, const struct flavor *flavor)
{
	json_t *names = fail2ban_jails(options, true);
	const json_t *name;
	bool good = true;
	size_t i, n = json_array_size(names);

	if (!names)
		return FAIL2BAN_NO;
	printf("Status\n|- Number of jail:\t%zu\n%s Jail list:\t", n,
		flavor ? "|-" : "`-");
	joined_put(names, ", ");
	if (flavor)
		puts("`- Status for the jails:");
	for (i = 0; flavor && good && i < n; i++) {
		name = json_array_get(names, i);
		good = jail_put(options, i + 1 < n ? "   |  " : "      ",
			i + 1 < n ? "   |- Jail: " : "   `- Jail: ",
			json_string_value(name), *flavor);
	}
	json_decref(names);
	return good ? FAIL2BAN_YES : FAIL2BAN_NO;
}

int fail2ban_status(const struct options *options, int argc, char **argv)
{
	struct flavor flavor = flavor_of(argc > 2 ? argv[2] : NULL);

	if (argc > 3)
		return fail2ban_invalid(options, "Invalid command (no status)");
	if (argc == 1)
		return jails_put(options, NULL);
	if (fail2ban_is_new() && !strcmp(argv[1], "--all"))
		return jails_put(options, &flavor);
	if (!fail2ban_has_jail(options, argv[1]))
		return FAIL2BAN_NO;
	return jail_put(options, "", "Status for the jail: ", argv[1], flavor)
		       ? FAIL2BAN_YES
		       : FAIL2BAN_NO;
}

/* [addresses of the first jail, of the second, ...]; NULL if told why not. */
static json_t *addresses_by_jail(
	const struct options *options, const json_t *names)
{
	json_t *all = json_array(), *jail;
	const json_t *name;
	size_t i;

	json_array_foreach (names, i, name) {
		jail = fail2ban_ask(options, "jail", json_string_value(name));
		if (!jail) {
			json_decref(all);
			return NULL;
		}
		json_array_append_new(all, fail2ban_addresses(jail));
		json_decref(jail);
	}
	return all;
}

static void banned_put(const json_t *names, const json_t *all)
{
	const json_t *addresses;
	size_t i;

	putchar('[');
	json_array_foreach (all, i, addresses) {
		fputs(i ? ", {" : "{", stdout);
		fail2ban_print_text(
			json_string_value(json_array_get(names, i)));
		fputs(": ", stdout);
		fail2ban_print_list(addresses);
		putchar('}');
	}
	puts("]");
}

static void banned_where_put(
	const json_t *names, const json_t *all, int n, char **texts)
{
	json_t *where;
	size_t j;
	int i;

	putchar('[');
	for (i = 0; i < n; i++) {
		where = json_array();
		for (j = 0; j < json_array_size(all); j++)
			if (fail2ban_holds(json_array_get(all, j), texts[i]))
				json_array_append(
					where, json_array_get(names, j));
		fputs(i ? ", " : "", stdout);
		fail2ban_print_list(where);
		json_decref(where);
	}
	puts("]");
}

int fail2ban_banned(const struct options *options, int argc, char **argv)
{
	json_t *names = fail2ban_jails(options, false), *all;
	int rc = FAIL2BAN_NO;

	if (!names)
		return rc;
	all = addresses_by_jail(options, names);
	if (all) {
		if (argc > 1)
			banned_where_put(names, all, argc - 1, argv + 1);
		else
			banned_put(names, all);
		rc = FAIL2BAN_YES;
	}
	json_decref(all);
	json_decref(names);
	return rc;
}
