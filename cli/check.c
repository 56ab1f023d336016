/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban check: gives way to mailban-check, which stands beside mailban. No
 * other command is to carry the TLS library that a probe needs.
 */
#include "cli/check.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/check/verdict.h"
#include "cli/command.h"

#define PROGRAM "mailban-check"

/* Becomes the program; returns if there is none. */
static int become(const char **argv)
{
	char path[PATH_MAX + sizeof(PROGRAM)];
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);
	char *slash;

	if (n > 0 && n < PATH_MAX) {
		path[n] = '\0';
		slash = strrchr(path, '/');
		memcpy(slash + 1, PROGRAM, sizeof(PROGRAM));
		execv(path, (char *const *)(uintptr_t)argv);
	}
	printf("UNKNOWN: %s is not beside mailban: install mailban again\n",
		PROGRAM);
	return VERDICT_UNKNOWN;
}

void check_help(void)
{
	become((const char *[]){PROGRAM, CHECK_HELP, NULL});
}

int check_command(const struct command *self, const struct options *global,
	int argc, char **argv)
{
	const char **words = calloc((size_t)argc + 4, sizeof(*words));

	(void)self;
	if (!words)
		abort();
	words[0] = PROGRAM;
	words[1] = "--socket";
	words[2] = global->socket;
	for (int i = 0; i < argc; i++)
		words[3 + i] = argv[i];
	return become(words);
}
