/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban ban: an administrator's own ban. The daemon decides; what its
 * ignore list holds it refuses.
 */
#include <stdio.h>

#include "cli/client.h"
#include "cli/command.h"

int ban_run(const struct command *self, const struct options *options, int argc,
	char **argv)
{
	json_int_t count;
	int rc;

	if (argc < 2)
		return command_misused(self);
	rc = client_ask_addresses(
		options, "ban", argv[0], argc - 1, argv + 1, &count);
	if (rc)
		return rc;
	if (options->json)
		printf("{\n  \"count\": %jd\n}\n", (intmax_t)count);
	else
		printf("%jd banned\n", (intmax_t)count);
	return count ? EXIT_YES : EXIT_NO;
}
