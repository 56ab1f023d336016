/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban version: of this program; that of the running daemon is in status.
 */
#include <stdio.h>

#include "cli/command.h"

int version_run(const struct command *self, const struct options *options,
	int argc, char **argv)
{
	(void)argv;
	if (argc)
		return command_misused(self);
	if (options->json)
		printf("{\n  \"version\": \"%s\"\n}\n", MAILBAN_VERSION);
	else
		printf("mailban %s\n", MAILBAN_VERSION);
	return EXIT_YES;
}
