/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of the command line: one table for the parser, for the help and
 * for the check that the manual names each. A command takes those rows whose
 * letters it lists. It must never guess: what it cannot read is a fault.
 */
#include "cli/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/text.h"
#include "jails/duration.h"
#include "lib/layout.h"

#define WAIT_DEFAULT 30
#define WAIT_MOST 86400
#define CONFIRM_MOST 86400
#define ROUNDS_MOST 1000000000
#define INTERVAL_MOST 86400

static const struct option_row option_rows[] = {
	{'a', "all", NULL, "every ban of every jail"},
	{'c', "config", "CONFDIR", "configuration (/etc/mailban)"},
	{'k', "confirm", "SECONDS",
		"ends after so long unless it is confirmed"},
	{'f', "format", "FORMAT", "text (default), csv, json or nft"},
	{'J', "jail", "JAIL", "of the bans that name none"},
	{'x', "skip", NULL, "leave out what may not be banned"},
	{'o', "output", "FILE", "write it there, whole or not at all"},
	{'g', "get", "KEY", "print the value that KEY has, and send nothing"},
	{'S', "serve", NULL, "over HTTP, on the socket that systemd gave"},
	{'t', "time", "DURATION",
		"for so long, as 90, 10m or -1 (jail's bantime)"},
	{'b', "batch", NULL, "tables one behind the other, without end"},
	{'n', "rounds", "N", "so many of them"},
	{'i', "interval", "SECONDS", "from one to the next (2)"},
	{'I', "ids", NULL, "the queue ids of ACCOUNT's open messages alone"},
	{'j', "json", NULL, "JSON, for programs"},
	{'s', "socket", "SOCKET", "where mailband listens (" CLIENT_SOCKET ")"},
	{'w', "wait", "SECONDS", "give up after so long a silence (30)"},
	{'h', "help", NULL, "say what this command does"},
	{'V', "version", NULL, "say which version this is"},
	{0, NULL, NULL, NULL},
};

#define OPTIONS_MOST 16

const char option_letters_main[] = "swhV";

const struct option_row *option_find(char letter)
{
	const struct option_row *row;

	for (row = option_rows; row->letter; row++)
		if (row->letter == letter)
			return row;
	return NULL;
}

void options_init(struct options *options)
{
	memset(options, 0, sizeof(*options));
	options->config = "/etc/mailban";
	options->socket = CLIENT_SOCKET;
	options->wait = WAIT_DEFAULT;
}

/* A decimal whole number, nothing before it and nothing behind. */
static bool number_parse(
	const char *text, int64_t least, int64_t most, int64_t *out)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(text, &end, 10);
	if (end == text || *end || errno || v < least || v > most)
		return false;
	if (text[0] != '-' && (text[0] < '0' || text[0] > '9'))
		return false;
	*out = v;
	return true;
}

/* The value of an option that wants seconds; false and told if it is none. */
static bool take_seconds(
	const char *option, const char *value, int most, int *out)
{
	int64_t v;

	if (!number_parse(value, 1, most, &v)) {
		text_complain("--%s: '%s' is no number of seconds from 1 to %d",
			option, value, most);
		return false;
	}
	*out = (int)v;
	return true;
}

static bool take_time(struct options *options, const char *value)
{
	int64_t v;

	if (!duration_parse(value, &v) || v < -1 || v == 0) {
		text_complain("--time: '%s' is no duration (90, 10m, 1h 30m), "
			      "nor -1",
			value);
		return false;
	}
	options->time = v;
	options->has_time = true;
	return true;
}

static int option_take(struct options *options, int letter, const char *value)
{
	int64_t v;

	switch (letter) {
	case 'a':
		options->all = true;
		return EXIT_YES;
	case 'c':
		options->config = value;
		return EXIT_YES;
	case 'f':
		options->format = value;
		return EXIT_YES;
	case 'J':
		if (!layout_name_valid(value)) {
			text_complain(
				"--jail: '%s' is no name of a jail", value);
			return EXIT_FAULT;
		}
		options->jail = value;
		return EXIT_YES;
	case 'x':
		options->skip = true;
		return EXIT_YES;
	case 'g':
		options->get = value;
		return EXIT_YES;
	case 'b':
		options->batch = true;
		return EXIT_YES;
	case 'n':
		if (!number_parse(value, 1, ROUNDS_MOST, &v)) {
			text_complain(
				"--rounds: '%s' is no number from 1 on", value);
			return EXIT_FAULT;
		}
		options->rounds = v;
		return EXIT_YES;
	case 'i':
		return take_seconds("interval", value, INTERVAL_MOST,
			       &options->interval)
			       ? EXIT_YES
			       : EXIT_FAULT;
	case 'h':
		options->help = true;
		return EXIT_YES;
	case 'I':
		options->ids = true;
		return EXIT_YES;
	case 'j':
		options->json = true;
		return EXIT_YES;
	case 'k':
		return take_seconds("confirm", value, CONFIRM_MOST,
			       &options->confirm)
			       ? EXIT_YES
			       : EXIT_FAULT;
	case 'o':
		options->output = value;
		return EXIT_YES;
	case 'S':
		options->serve = true;
		return EXIT_YES;
	case 's':
		options->socket = value;
		return EXIT_YES;
	case 't':
		return take_time(options, value) ? EXIT_YES : EXIT_FAULT;
	case 'V':
		options->version = true;
		return EXIT_YES;
	case 'w':
		return take_seconds("wait", value, WAIT_MOST, &options->wait)
			       ? EXIT_YES
			       : EXIT_FAULT;
	default: /* getopt has told why */
		return EXIT_FAULT;
	}
}

int options_parse(struct options *options, const char *letters, bool stop,
	int argc, char **argv, int *operands)
{
	struct option longs[OPTIONS_MOST + 1] = {0};
	char shorts[2 * OPTIONS_MOST + 2];
	const struct option_row *row;
	char *program = argv[0];
	size_t n = 0, s = 0;
	int letter, rc = EXIT_YES;

	if (stop)
		shorts[s++] = '+';
	for (; *letters && n < OPTIONS_MOST; letters++) {
		row = option_find(*letters);
		longs[n].name = row->name;
		longs[n].has_arg = row->value != NULL;
		longs[n++].val = row->letter;
		shorts[s++] = row->letter;
		if (row->value)
			shorts[s++] = ':';
	}
	shorts[s] = '\0';
	argv[0] = (char *)"mailban"; /* how getopt begins what it says */
	optind = 0;		     /* glibc: begin anew */
	while (!rc &&
		(letter = getopt_long(argc, argv, shorts, longs, NULL)) != -1)
		rc = option_take(options, letter, optarg);
	argv[0] = program;
	*operands = optind;
	return rc;
}
