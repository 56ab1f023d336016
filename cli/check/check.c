/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban check: a plugin for Nagios and its kin. One line on standard output
 * and an exit status say how it stands. What could not be looked at is 3, not
 * known, and never 0; no look lasts longer than --timeout, whatever hangs.
 */
#include "cli/check/check.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"

static void too_late(int number)
{
	static const char text[] = "UNKNOWN: not done within --timeout\n";

	(void)number;
	if (write(STDOUT_FILENO, text, sizeof(text) - 1) < 0)
		_exit(VERDICT_UNKNOWN);
	_exit(VERDICT_UNKNOWN);
}

static const struct part {
	const char *name;
	void (*run)(const struct check_options *, struct verdict *);
} parts[] = {
	{"disk", check_disk},
	{"queue", check_queue},
	{"probe", check_probe},
	{"bans", check_bans},
};

int check_command(const struct command *self, const struct options *global,
	int argc, char **argv)
{
	struct check_options options = {.socket = global->socket};
	struct verdict verdict = {0};
	/* The word before is where getopt(3) wants the program's name. */
	int rc = check_options_read(&options, argc + 1, argv - 1);

	(void)self;
	if (rc)
		return rc;
	/* As monitoring plugins do: what was meant to check has not. */
	if (options.help)
		check_options_help(stdout);
	else if (options.version)
		puts("mailban " MAILBAN_VERSION);
	if (options.help || options.version)
		return VERDICT_UNKNOWN;
	signal(SIGALRM, too_late);
	/* The probe has a deadline of its own, and more to say of it. */
	alarm((unsigned int)options.timeout + 1);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (!options.what || !strcmp(options.what, parts[i].name))
			parts[i].run(&options, &verdict);
	alarm(0);
	return verdict_print(&verdict);
}
