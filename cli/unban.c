/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban unban: lifts bans, in one jail or wherever the address is banned.
 * The first operand is a jail unless it reads as an address.
 */
#include <stdio.h>
#include <string.h>

#include "cli/client.h"
#include "cli/command.h"
#include "lib/addr.h"

static int all_unban(const struct options *options, json_int_t *count)
{
	json_t *result;
	int rc;

	rc = client_ask(options,
		json_pack("{s:s, s:b}", "command", "unban", "all", 1), &result);
	if (rc)
		return rc;
	*count = client_number(result, "count");
	json_decref(result);
	return EXIT_YES;
}

int unban_run(const struct command *self, const struct options *options,
	int argc, char **argv)
{
	const char *jail = NULL;
	json_int_t count;
	struct prefix p;
	int rc;

	if (options->all ? argc : !argc)
		return command_misused(self);
	if (argc && !prefix_parse(argv[0], strlen(argv[0]), &p)) {
		jail = argv[0];
		argc--;
		argv++;
		if (!argc)
			return command_misused(self);
	}
	if (options->all)
		rc = all_unban(options, &count);
	else
		rc = client_ask_addresses(
			options, "unban", jail, argc, argv, &count);
	if (rc)
		return rc;
	if (options->json)
		printf("{\n  \"count\": %jd\n}\n", (intmax_t)count);
	else
		printf("%jd lifted\n", (intmax_t)count);
	return count || options->all ? EXIT_YES : EXIT_NO;
}
