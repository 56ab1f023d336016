/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban under the name of fail2ban-client: the same words, texts and exit
 * statuses for scripts that were written for that program, with mailband to
 * answer. What it cannot do it refuses with a message and FAIL2BAN_NO; it
 * must never claim to have done what it has not.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/fail2ban/fail2ban.h"
#include "cli/fail2ban/dump.h"
#include "cli/fail2ban/interactive.h"
#include "cli/fail2ban/python.h"
#include "cli/fail2ban/usage.h"
#include "cli/run.h"
#include "cli/text.h"
#include "jails/fail2ban.h"

bool fail2ban_is_name(const char *argv0, const char *name)
{
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL;

	return argv0 && !strcmp(slash ? slash + 1 : argv0, name);
}

const struct fail2ban_word *fail2ban_word_find(
	const struct fail2ban_word *words, const char *name)
{
	while (words->name && strcmp(words->name, name) != 0)
		words++;
	return words->name ? words : NULL;
}

/* What stderr has of options that are wrong. */
#define INIT_FAILED "Init of command line failed"

struct called {
	struct options options;
	const char *config;
	bool test, dump, pretty, interactive;
	bool done; /* an option was all that was asked */
	int rc;	   /* then */
};

enum { LONG_STR2SEC = 256, LONG_VERSION, LONG_TAKEN, LONG_PRETTY };

/* Also those that only matter to fail2ban's own server: they are taken, and
 * do nothing. */
static const struct option longs[] = {
	{"conf", required_argument, NULL, 'c'},
	{"socket", required_argument, NULL, 's'},
	{"test", no_argument, NULL, 't'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, LONG_VERSION},
	{"str2sec", required_argument, NULL, LONG_STR2SEC},
	{"pidfile", required_argument, NULL, LONG_TAKEN},
	{"pname", required_argument, NULL, LONG_TAKEN},
	{"loglevel", required_argument, NULL, LONG_TAKEN},
	{"logtarget", required_argument, NULL, LONG_TAKEN},
	{"syslogsocket", required_argument, NULL, LONG_TAKEN},
	{"timeout", required_argument, NULL, LONG_TAKEN},
	{"async", no_argument, NULL, LONG_TAKEN},
	{"dp", no_argument, NULL, LONG_PRETTY},
	{"dump-pretty", no_argument, NULL, LONG_PRETTY},
	{NULL, 0, NULL, 0},
};

static int seconds_print(const char *text)
{
	bool is_float;
	double seconds;
	char *said;

	said = python_seconds(text, &seconds, &is_float);
	if (said) {
		fputs("ERROR: ", stdout);
		fail2ban_put(said);
		putchar('\n');
		fputs(INIT_FAILED "\n", stderr);
		free(said);
		return FAIL2BAN_NO;
	}
	if (is_float) {
		said = python_float(seconds);
		puts(said);
		free(said);
	} else {
		printf("%.0f\n", seconds);
	}
	return FAIL2BAN_YES;
}

static int config_missing(const char *config)
{
	char *escaped = text_escape(config);

	fail2ban_log("%s", INIT_FAILED);
	printf("ERROR: Base configuration directory %s does not exist \n",
		escaped);
	free(escaped);
	return FAIL2BAN_NO;
}

/* mailband -t; what it finds it says on stderr itself. */
static int config_test(const char *config)
{
	char *argv[] = {(char *)"mailband", (char *)"-t",
		(char *)(config ? "-c" : NULL), (char *)config, NULL};

	return run_daemon(argv) == 0 ? FAIL2BAN_YES : FAIL2BAN_NO;
}

static void option_take(struct called *called, int letter)
{
	called->done = true;
	called->rc = FAIL2BAN_YES;
	switch (letter) {
	case 'h':
		fail2ban_usage();
		return;
	case 'V':
		puts(fail2ban_version());
		return;
	case LONG_VERSION:
		printf("Fail2Ban v%s\n", fail2ban_version());
		return;
	case LONG_STR2SEC:
		called->rc = seconds_print(optarg);
		return;
	case '?':
		fail2ban_usage();
		fputs(INIT_FAILED "\n", stderr);
		called->rc = FAIL2BAN_NO;
		return;
	}
	called->done = false;
	if (letter == 'c')
		called->config = optarg;
	else if (letter == 's')
		called->options.socket = optarg;
	else if (letter == 't')
		called->test = true;
	else if (letter == 'd' || letter == LONG_PRETTY) {
		called->dump = true;
		called->pretty = letter == LONG_PRETTY;
	} else if (letter == 'i') {
		called->interactive = true;
	}
}

static int word_run(const struct options *options, int argc, char **argv)
{
	const struct fail2ban_word *word;

	if (!argc)
		return fail2ban_too_few(options);
	word = fail2ban_word_find(fail2ban_words, argv[0]);
	if (!word || (word->run == fail2ban_stats && !fail2ban_is_new()))
		return fail2ban_invalid(options, "Invalid command");
	return word->run(options, argc, argv);
}

/* A line of the interactive mode, which has a word more. */
static int line_run(const struct options *options, int argc, char **argv)
{
	if (argc == 1 && !strcmp(argv[0], "help")) {
		fail2ban_usage();
		return FAIL2BAN_YES;
	}
	return word_run(options, argc, argv);
}

/* What the command line asks for behind its options. */
static int words_run(const struct called *called, int argc, char **argv)
{
	int rc = FAIL2BAN_YES;

	if (!argc && !called->interactive) {
		fail2ban_usage();
		return FAIL2BAN_NO;
	}
	if (argc)
		rc = word_run(&called->options, argc, argv);
	if (rc || !called->interactive)
		return rc;
	return fail2ban_interactive(&called->options, line_run);
}

int fail2ban_run(int argc, char **argv)
{
	struct called called = {0};
	int letter;

	options_init(&called.options);
	opterr = 0;
	while (!called.done &&
		(letter = getopt_long(
			 argc, argv, "+hc:s:p:xfbdtviqV", longs, NULL)) != -1)
		option_take(&called, letter);
	if (called.done)
		return called.rc;
	if (called.config && access(called.config, F_OK))
		return config_missing(called.config);
	if (called.dump) {
		letter = fail2ban_dump(
			called.config ? called.config : called.options.config,
			called.pretty);
		if (!called.test || letter)
			return letter;
	}
	if (called.test) {
		if (config_test(called.config))
			return FAIL2BAN_NO;
		if (optind == argc) {
			puts("OK: configuration test is successful");
			return FAIL2BAN_YES;
		}
	}
	return words_run(&called, argc - optind, argv + optind);
}
