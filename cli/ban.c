/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban ban and confirm: an administrator's own bans. The daemon decides;
 * what its ignore list holds it refuses. A ban on trial is a short one, which
 * the kernel ends by itself: whoever has locked himself out need do nothing,
 * and cannot be asked anything.
 */
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/command.h"

static int tell(
	const struct options *options, json_int_t count, const char *what)
{
	if (options->json)
		printf("{\n  \"count\": %jd\n}\n", (intmax_t)count);
	else
		printf("%jd %s\n", (intmax_t)count, what);
	return count ? EXIT_YES : EXIT_NO;
}

int confirm_run(const struct command *self, const struct options *options,
	int argc, char **argv)
{
	json_int_t count;
	int rc;

	if (argc < 2)
		return command_misused(self);
	rc = client_ask_addresses(
		options, "confirm", argv[0], argc - 1, argv + 1, &count);
	return rc ? rc : tell(options, count, "confirmed");
}

/* True if Enter was pressed in time; an end of the input is no answer. */
static bool is_confirmed(int seconds)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	char byte;

	return poll(&in, 1, seconds * 1000) > 0 &&
	       read(STDIN_FILENO, &byte, 1) == 1;
}

/* What was just banned for so many seconds: for good, or not. */
static int ask_for_trial(
	const struct options *options, json_int_t count, int argc, char **argv)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		printf("%jd banned for %d s, unless 'mailban confirm' keeps "
		       "them\n",
			(intmax_t)count, options->confirm);
		return EXIT_YES;
	}
	printf("%jd banned for %d s. Can you still log in? Then press Enter to "
	       "keep it: ",
		(intmax_t)count, options->confirm);
	fflush(stdout);
	if (is_confirmed(options->confirm))
		return confirm_run(
			command_find("confirm"), options, argc, argv);
	puts("\nnot confirmed: it ends by itself");
	return EXIT_NO;
}

int ban_run(const struct command *self, const struct options *options, int argc,
	char **argv)
{
	struct options trial = *options;
	json_int_t count;
	int rc;

	if (argc < 2)
		return command_misused(self);
	if (options->confirm) {
		trial.has_time = true;
		trial.time = options->confirm;
	}
	rc = client_ask_addresses(
		&trial, "ban", argv[0], argc - 1, argv + 1, &count);
	if (rc)
		return rc;
	if (options->confirm && count && !options->json)
		return ask_for_trial(options, count, argc, argv);
	return tell(options, count, "banned");
}
