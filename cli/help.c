/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban help: what there is, from the same tables that the program runs on,
 * so that it cannot say what is not so.
 */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "cli/check.h"
#include "cli/jsonout.h"
#include "cli/report/report.h"
#include "cli/text.h"

/* Where it begins to say what a command is for. */
#define COLUMN 32

static void options_print(const char *letters)
{
	const struct option_row *row;
	char left[40];

	for (; *letters; letters++) {
		row = option_find(*letters);
		snprintf(left, sizeof(left), "-%c, --%s%s%s", row->letter,
			row->name, row->value ? " " : "",
			row->value ? row->value : "");
		printf("  %-22s %s\n", left, row->about);
	}
}

void help_print(const struct command *command)
{
	if (command->run == report_run) {
		report_options_help(stdout);
		return;
	}
	if (command->run == check_command) {
		check_help();
		return;
	}
	printf("usage: mailban %s [OPTION...]%s%s\n%s\n\n", command->name,
		*command->operands ? " " : "", command->operands,
		command->about);
	options_print(command->letters);
	if (command->more)
		printf("\n%s\n", command->more);
}

static void help_all(void)
{
	const struct command *c;
	char left[48];

	puts("usage: mailban [OPTION...] COMMAND ...\n");
	for (c = commands; c->name; c++) {
		snprintf(left, sizeof(left), "%s %s", c->name, c->operands);
		if (strlen(left) > COLUMN) {
			printf("  %s\n", left);
			*left = '\0';
		}
		printf("  %-*s %s\n", COLUMN, left, c->about);
	}
	putchar('\n');
	options_print(option_letters_main);
	puts("\nExit: 0 done or yes, 1 no, 2 a fault. "
	     "'mailban help COMMAND' says more;\nso do mailban(1) and "
	     "mailban.conf(5).");
}

static json_t *command_describe(const struct command *command)
{
	json_t *options = json_array();
	const struct option_row *row;
	const char *l;

	for (l = command->letters; *l; l++) {
		row = option_find(*l);
		json_array_append_new(options,
			json_pack("{s:s#, s:s, s:s?, s:s}", "letter",
				&row->letter, 1, "name", row->name, "value",
				row->value, "about", row->about));
	}
	return json_pack("{s:s, s:s, s:s, s:o}", "name", command->name,
		"operands", command->operands, "about", command->about,
		"options", options);
}

static void help_json(const struct command *one)
{
	json_t *list = json_array();
	const struct command *c;

	for (c = commands; c->name; c++)
		if (!one || one == c)
			json_array_append_new(list, command_describe(c));
	jsonout_print(list);
	json_decref(list);
}

int help_run(const struct command *self, const struct options *options,
	int argc, char **argv)
{
	const struct command *command = NULL;

	if (argc > 1)
		return command_misused(self);
	if (argc) {
		command = command_find(argv[0]);
		if (!command) {
			text_complain("there is no command '%s'; 'mailban "
				      "help' lists them",
				argv[0]);
			return EXIT_FAULT;
		}
	}
	if (options->json)
		help_json(command);
	else if (command)
		help_print(command);
	else
		help_all();
	return EXIT_YES;
}
