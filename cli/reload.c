/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban reload: has the daemon read its configuration again. When that has
 * a fault, the daemon goes on with what it had and says where the fault is.
 */
#include <stdio.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/jsonout.h"

int reload_run(const struct command *self, const struct options *options,
	int argc, char **argv)
{
	json_t *result;
	int rc;

	(void)argv;
	if (argc)
		return command_misused(self);
	rc = client_ask(
		options, json_pack("{s:s}", "command", "reload"), &result);
	if (rc)
		return rc;
	if (options->json)
		jsonout_print(result);
	else
		puts("Reloaded.");
	json_decref(result);
	return EXIT_YES;
}
