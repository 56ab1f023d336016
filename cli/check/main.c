/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban-check: a plugin for Nagios and its kin, a program of its own because
 * of the TLS library. One line on standard output and an exit status say how
 * it stands. What could not be looked at is 3, not
 * known, and never 0; no look lasts longer than --timeout, whatever hangs.
 */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/check.h"
#include "cli/check/check.h"
#include "cli/client.h"

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

/* What was written must have arrived: else nobody knows. */
static int output_close(int rc)
{
	return ferror(stdout) || fflush(stdout) ? VERDICT_UNKNOWN : rc;
}

static int check(const struct check_options *options)
{
	struct verdict verdict = {0};

	signal(SIGALRM, too_late);
	/* The probe has a deadline of its own, and more to say of it. */
	alarm((unsigned int)options->timeout + 1);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (!options->what || !strcmp(options->what, parts[i].name))
			parts[i].run(options, &verdict);
	alarm(0);
	return verdict_print(&verdict);
}

int main(int argc, char **argv)
{
	struct check_options options = {.socket = CLIENT_SOCKET};
	int rc;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc == 2 && !strcmp(argv[1], CHECK_HELP)) {
		check_options_help(stdout);
		return output_close(0);
	}
	rc = check_options_read(&options, argc, argv);
	if (rc)
		return output_close(rc);
	/* As monitoring plugins do: what was meant to check has not. */
	if (options.help)
		check_options_help(stdout);
	else if (options.version)
		puts("mailban " MAILBAN_VERSION);
	if (options.help || options.version)
		return output_close(VERDICT_UNKNOWN);
	return output_close(check(&options));
}
