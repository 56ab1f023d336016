/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_FAIL2BAN_FAIL2BAN_H
#define MAILBAN_CLI_FAIL2BAN_FAIL2BAN_H

#include <jansson.h>
#include <stdbool.h>

struct options;

/*
 * What mailban answers when it is called fail2ban-client: that program's
 * texts and exit statuses (client/beautifier.py and server/transmitter.py
 * there). Every _run returns one of these.
 */
enum {
	FAIL2BAN_YES = 0,
	FAIL2BAN_NO = 255,
};

/* A word of the command line, and what answers it. */
struct fail2ban_word {
	const char *name;
	int least; /* words, this one and a jail before it among them */
	/* argv[0] is the word, or the jail if one stands before it. NULL:
	 * mailban does not do this. */
	int (*run)(const struct options *options, int argc, char **argv);
	const char *operands, *about; /* for the usage; NULL: not in it */
};

/* The row of a word in a table that ends with a NULL name, or NULL. */
const struct fail2ban_word *fail2ban_word_find(
	const struct fail2ban_word *words, const char *name);

/* True if argv0's last part is that name. */
bool fail2ban_is_name(const char *argv0, const char *name);
/* The whole command line, from options to exit status. */
int fail2ban_regex_run(int argc, char **argv);
int fail2ban_run(int argc, char **argv);

/* The words about the server; behind "get" and "set", about its settings and,
 * behind a jail, about that. */
extern const struct fail2ban_word fail2ban_words[];
extern const struct fail2ban_word fail2ban_get_settings[];
extern const struct fail2ban_word fail2ban_set_settings[];
extern const struct fail2ban_word fail2ban_get_words[];
extern const struct fail2ban_word fail2ban_set_words[];

/* "get" and "set" JAIL ...: argv[0] is the jail. */
int fail2ban_get(const struct options *options, int argc, char **argv);
int fail2ban_set(const struct options *options, int argc, char **argv);
/* The same of the server's own settings; false if argv[0] is none. */
bool fail2ban_get_setting(
	const struct options *options, int argc, char **argv, int *rc);
bool fail2ban_set_setting(
	const struct options *options, int argc, char **argv, int *rc);
/* What "get JAIL KEY" prints of it; of the jail argv[0]. */
int fail2ban_get_key(
	const struct options *options, const char *key, int argc, char **argv);

/* "status [JAIL [FLAVOR]]", "stats" and "banned [IP...]". */
int fail2ban_status(const struct options *options, int argc, char **argv);
int fail2ban_stats(const struct options *options, int argc, char **argv);
int fail2ban_banned(const struct options *options, int argc, char **argv);
/* "unban IP... | --all", in all jails; in one jail, all of them: -1 if told
 * why not, else how many. */
int fail2ban_unban(const struct options *options, int argc, char **argv);
json_int_t fail2ban_lift_all(const struct options *options, const char *jail);

/* What the words alone make wrong: as fail2ban_no if the daemon runs. */
__attribute__((format(printf, 2, 3))) int fail2ban_invalid(
	const struct options *options, const char *format, ...);
int fail2ban_too_few(const struct options *options);
/* Prints one line, and logs it to stderr; returns FAIL2BAN_NO. */
__attribute__((format(printf, 1, 2))) int fail2ban_no(const char *format, ...);
/* The same, where the log has the argument instead. */
__attribute__((format(printf, 2, 3))) int fail2ban_no_as(
	const char *argument, const char *format, ...);
/* As fail2ban_no, of a text that is freed. */
int fail2ban_no_text(char *text);
/* The log's line alone. */
__attribute__((format(printf, 1, 2))) void fail2ban_log(
	const char *format, ...);
/* "Invalid command 'word' (why)"; returns FAIL2BAN_NO. */
__attribute__((format(printf, 2, 3))) int fail2ban_refuse(
	const char *word, const char *format, ...);

/* True if the daemon answers; else told on stderr. fail2ban has nothing else to
 * say then, not even that a word is unknown. */
bool fail2ban_runs(const struct options *options);
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

/* Writes a text, safe for a terminal; "'a'", as Python would; "['a', 'b']". */
void fail2ban_put(const char *text);
void fail2ban_print_text(const char *text);
void fail2ban_print_list(const json_t *texts);
/* Whether an array has this text. */
bool fail2ban_has_text(const json_t *texts, const char *wanted);
/* The addresses of "bans", which the command "jail" gave, as new array:
 * those first that were banned first. */
json_t *fail2ban_addresses(const json_t *jail);
/* Whether one of them is this text's address or network. */
bool fail2ban_holds(const json_t *addresses, const char *text);
/* As client_ask_addresses, of networks with a netmask too. */
int fail2ban_ask_addresses(const struct options *options, const char *command,
	const char *jail, int n, char **texts, json_int_t *count);
/*
 * Lifts bans in one jail: each text an address, a network, or a network whose
 * members are to be lifted. What is none of these, or not banned, goes to
 * missed (an array, or NULL). The number lifted, or -1 when told why not.
 */
json_int_t fail2ban_lift(const struct options *options, const char *jail, int n,
	char **texts, json_t *missed);

#endif
