/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_FAIL2BAN_H
#define MAILBAN_CLI_FAIL2BAN_H

#include <jansson.h>
#include <stdbool.h>

struct options;

/*
 * What mailban answers when it is called fail2ban-client: that program's
 * texts and exit statuses, as of 1.0.2 (client/beautifier.py and
 * server/transmitter.py there). Every _run returns one of these.
 */
enum {
	FAIL2BAN_YES = 0,
	FAIL2BAN_NO = 255,
};

/* The release whose texts these are. */
#define FAIL2BAN_VERSION "1.0.2"

/* True if argv0's last part is that name. */
bool fail2ban_is_name(const char *argv0, const char *name);
/* The whole command line, from options to exit status. */
int fail2ban_regex_run(int argc, char **argv);
int fail2ban_run(int argc, char **argv);

/* "get" and "set" JAIL ...: argv[0] is the jail. */
int fail2ban_get(const struct options *options, int argc, char **argv);
int fail2ban_set(const struct options *options, int argc, char **argv);

/* "status [JAIL [FLAVOR]]" and "banned [IP...]": argv[0] is the word. */
int fail2ban_status(const struct options *options, int argc, char **argv);
int fail2ban_banned(const struct options *options, int argc, char **argv);

/* Too few words, as fail2ban tells it; returns FAIL2BAN_NO. */
int fail2ban_too_few(void);
/* Prints one line, safe for a terminal; returns FAIL2BAN_NO. */
__attribute__((format(printf, 1, 2))) int fail2ban_no(const char *format, ...);

/*
 * True if the daemon runs and has this jail. Else the reason has been told as
 * fail2ban tells it.
 */
bool fail2ban_has_jail(const struct options *options, const char *name);
/* The daemon's answer to a command on a jail (NULL: on all), to be given back
 * with json_decref; NULL if told why not. */
json_t *fail2ban_ask(
	const struct options *options, const char *command, const char *jail);

/* The names of all jails in the order of the configuration, or sorted; NULL
 * if told why not. */
json_t *fail2ban_jails(const struct options *options, bool sorted);

/* Writes "'a'", as Python would, but safe for a terminal. */
void fail2ban_print_text(const char *text);
/* Writes "['a', 'b']", of texts. */
void fail2ban_print_list(const json_t *texts);
/* The addresses of "bans", which the command "jail" gave, as new array:
 * those first that were banned first. */
json_t *fail2ban_addresses(const json_t *jail);
/* Whether one of them is this text's address or network. */
bool fail2ban_holds(const json_t *addresses, const char *text);
/*
 * Lifts bans in one jail: each text an address, a network, or a network whose
 * members are to be lifted. What is none of these, or not banned, goes to
 * missed (an array, or NULL). The number lifted, or -1 when told why not.
 */
json_int_t fail2ban_lift(const struct options *options, const char *jail, int n,
	char **texts, json_t *missed);

#endif
