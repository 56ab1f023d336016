/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_COMMAND_H
#define MAILBAN_CLI_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

/* What every subcommand ends with, as grep does. */
enum {
	EXIT_YES = 0,
	EXIT_NO = 1,	/* understood, and the answer is no */
	EXIT_FAULT = 2, /* a fault, told on stderr */
};

/* What the options of a command line said. */
struct options {
	const char *config, *socket;
	int wait; /* seconds */
	bool json;
	bool all;
	bool help;
	bool version;
	bool has_time;
	int64_t time;	    /* seconds; -1 = for ever */
	int confirm;	    /* seconds for that; 0 = it needs none */
	const char *format; /* of an export, or NULL */
	const char *output; /* a file for it, or NULL */
	bool serve;	    /* on systemd's socket */
	const char *get;    /* a key of Zabbix's whose value is wanted */
	const char *jail;   /* of an import's bans that name none, or NULL */
	bool skip;	    /* leave out what is refused */
	bool batch;	    /* tables one behind the other, for ever */
	int64_t rounds;	    /* of them; 0 = nobody said how many */
	int interval;	    /* seconds from one to the next; 0 = the default */
	bool ids;	    /* of an account's open messages, and no more */
	int failures;	    /* of an attempt by hand; 0 = none was told */
};

struct command {
	const char *name;
	/* The command itself: its operands, options taken away. Returns one
	 * of EXIT_. */
	int (*run)(const struct command *self, const struct options *options,
		int argc, char **argv);
	const char *letters;  /* its options, a letter each: see option_find;
				 empty: run reads them by itself */
	const char *operands; /* for the usage line */
	const char *about;    /* one line */
	const char *more;     /* rows for `mailban help COMMAND`; may be NULL */
};

struct option_row {
	char letter;
	const char *name;  /* the long one */
	const char *value; /* what it takes, or NULL */
	const char *about;
};

/* Ends with an empty row. */
extern const struct command commands[];
/* The options that may stand before the subcommand. */
extern const char option_letters_main[];

const struct command *command_find(const char *name);
/* Says how the command is called; returns EXIT_FAULT. */
int command_misused(const struct command *command);

void options_init(struct options *options);
/*
 * Reads the options that letters allow from argv (argv[0] is left out) and
 * moves the operands together: *operands is the index of the first. With
 * stop, ends at the first operand. EXIT_YES, or EXIT_FAULT when told why.
 */
int options_parse(struct options *options, const char *letters, bool stop,
	int argc, char **argv, int *operands);
/* The row of a letter, or NULL. */
const struct option_row *option_find(char letter);

int accounts_run(const struct command *, const struct options *, int, char **);
int ban_run(const struct command *, const struct options *, int, char **);
int check_command(const struct command *, const struct options *, int, char **);
int confirm_run(const struct command *, const struct options *, int, char **);
int export_run(const struct command *, const struct options *, int, char **);
int help_run(const struct command *, const struct options *, int, char **);
int import_run(const struct command *, const struct options *, int, char **);
int lint_run(const struct command *, const struct options *, int, char **);
int list_run(const struct command *, const struct options *, int, char **);
int metrics_run(const struct command *, const struct options *, int, char **);
int reload_run(const struct command *, const struct options *, int, char **);
int report_run(const struct command *, const struct options *, int, char **);
int test_run(const struct command *, const struct options *, int, char **);
int status_run(const struct command *, const struct options *, int, char **);
int top_run(const struct command *, const struct options *, int, char **);
int trace_run(const struct command *, const struct options *, int, char **);
int unban_run(const struct command *, const struct options *, int, char **);
int version_run(const struct command *, const struct options *, int, char **);
int zabbix_run(const struct command *, const struct options *, int, char **);

/* What `mailban help COMMAND` and `mailban COMMAND -h` print. */
void help_print(const struct command *command);

#endif
