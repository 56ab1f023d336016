/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one command that people type: a table of subcommands, each a file beside
 * this one or a folder. It asks the daemon over the control socket or
 * works offline; it never touches the kernel's sets itself.
 */
#include "cli/command.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cli/fail2ban/fail2ban.h"
#include "cli/text.h"

const struct command commands[] = {
	{"status", status_run, "jswh", "[JAIL]",
		"what mailband does, or one jail in full",
		"Exit 1: the kernel does not hold the bans that are wanted."},
	{"ban", ban_run, "tkjswh", "JAIL ADDRESS...",
		"ban addresses or networks in a jail",
		"Exit 1: each of them was banned already, or is ignored."},
	{"confirm", confirm_run, "tjswh", "JAIL ADDRESS...",
		"keep bans that 'ban --confirm' put on trial",
		"Exit 1: none of them is banned any more."},
	{"unban", unban_run, "ajswh", "[JAIL] ADDRESS... | --all",
		"lift bans, in one jail or in all",
		"Exit 1: none of them was banned."},
	{"list", list_run, "jswh", "[JAIL]", "the bans, and how long each has",
		NULL},
	{"export", export_run, "fjswh", "[JAIL]",
		"the bans as a list, for import and for others", NULL},
	{"import", import_run, "Jxtjswh", "[FILE...]",
		"ban what lists name, all of it or nothing",
		"FILE, or standard input: lines of ADDRESS [END [JAIL]], CSV, "
		"JSON or nft(8)\nelements, as export writes them."},
	{"check", check_command, "", "[disk|queue|probe|bans|all]",
		"is all well? for Nagios and its kin", NULL},
	{"metrics", metrics_run, "oSswh", "",
		"what is counted, as OpenMetrics text", NULL},
	{"zabbix", zabbix_run, "gswh", "[SERVER[:PORT] [HOST]]",
		"send what is counted to Zabbix's trapper",
		"SERVER and HOST are those of mailban.conf if none is said.\n"
		"Exit 1: the server has not taken all of it."},
	{"test", test_run, "cjh", "FILTER[OPTIONS] LOG|LINE",
		"what a filter finds in a log or a line",
		"Exit 1: it finds nothing."},
	{"lint", lint_run, "cjh", "FILTER[OPTIONS] [LOG...]",
		"what is risky in a filter", "Exit 1: something is."},
	{"report", report_run, "", "[LOG...]",
		"what the mail did, as pflogsumm tells it", NULL},
	{"top", top_run, "bnijswh", "", "what goes on now, until q is pressed",
		"In a pipe: once, or as often as --rounds says."},
	{"accounts", accounts_run, "Ijswh", "[ACCOUNT]",
		"who sends through this host, and how much is usual",
		"mailban accounts --ids ACCOUNT | postsuper -h -   holds its "
		"mail\nExit 1: no such account is known; with --ids: it has no "
		"open message."},
	{"trace", trace_run, "jh", "QUEUEID|MESSAGE-ID|ADDRESS [LOG...]",
		"the life of a message",
		"Exit 1: the logs know nothing of it."},
	{"reload", reload_run, "jswh", "",
		"read the configuration again; bans stay", NULL},
	{"version", version_run, "jh", "", "which version this is", NULL},
	{"help", help_run, "jh", "[COMMAND]", "this, or more on one command",
		NULL},
	{NULL, NULL, NULL, NULL, NULL, NULL},
};

const struct command *command_find(const char *name)
{
	const struct command *c;

	for (c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

int command_misused(const struct command *command)
{
	fprintf(stderr, "usage: mailban %s [OPTION...]%s%s\n", command->name,
		*command->operands ? " " : "", command->operands);
	fprintf(stderr, "'mailban help %s' says more\n", command->name);
	return EXIT_FAULT;
}

static int command_run(const struct command *command, struct options *options,
	int argc, char **argv)
{
	int at, rc;

	if (!*command->letters) /* it reads its options by itself */
		return command->run(command, options, argc - 1, argv + 1);
	rc = options_parse(options, command->letters, false, argc, argv, &at);
	if (rc)
		return rc;
	if (options->help) {
		help_print(command);
		return EXIT_YES;
	}
	return command->run(command, options, argc - at, argv + at);
}

/* What was written must have arrived: a full disk is no success. */
static int output_close(int rc)
{
	if (!ferror(stdout) && !fflush(stdout))
		return rc;
	fprintf(stderr, "mailban: cannot write the output: %m\n");
	return EXIT_FAULT;
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct options options;
	int at, rc;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (fail2ban_is_name(argv[0], "fail2ban-client"))
		return output_close(fail2ban_run(argc, argv));
	if (fail2ban_is_name(argv[0], "fail2ban-regex"))
		return output_close(fail2ban_regex_run(argc, argv));
	options_init(&options);
	rc = options_parse(
		&options, option_letters_main, true, argc, argv, &at);
	if (rc)
		return rc;
	if (options.help || options.version) {
		command = command_find(options.help ? "help" : "version");
		return output_close(command->run(command, &options, 0, NULL));
	}
	if (at == argc) {
		fprintf(stderr, "usage: mailban [OPTION...] COMMAND ...\n"
				"'mailban help' lists the commands\n");
		return EXIT_FAULT;
	}
	command = command_find(argv[at]);
	if (!command) {
		text_complain("there is no command '%s'; 'mailban help' "
			      "lists them",
			argv[at]);
		return EXIT_FAULT;
	}
	return output_close(
		command_run(command, &options, argc - at, argv + at));
}
