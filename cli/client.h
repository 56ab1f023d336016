/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_CLIENT_H
#define MAILBAN_CLI_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct options;

/* Where mailband listens unless told otherwise; see mailband(8). */
#define CLIENT_SOCKET "/run/mailban/control"

/* The longest request that the daemon takes, its newline included. */
#define CLIENT_REQUEST_MOST 65536
/* More than any daemon has to say: its million bans are under 200 MB. */
#define CLIENT_REPLY_MOST (1u << 30)

/*
 * Sends the request (whose reference it takes) and waits for the answer.
 * EXIT_YES with what the daemon gave as "result" in *result, which the caller
 * gives back with json_decref; else EXIT_NO or EXIT_FAULT, *result is NULL and
 * stderr has been told why.
 */
int client_ask(const struct options *options, json_t *request, json_t **result);

/* False if no daemon listens there; true also if that cannot be told. */
bool client_is_there(const struct options *options);

/*
 * Asks the same of many addresses, in as many requests as their number needs.
 * jail may be NULL. Sets *count to the sum of the answers' "count"; on a fault
 * what was done before stays done. Every address is read before the first is
 * sent: one that is none is EXIT_FAULT. What the daemon answers with "no" is
 * told, and counts nothing.
 */
int client_ask_addresses(const struct options *options, const char *command,
	const char *jail, int n, char **addresses, json_int_t *count);

/*
 * Asks for a list or a state, of a jail if jail is not NULL, and shows it: as
 * JSON if the options say so, else by print. One of EXIT_.
 */
int client_show(const struct options *options, const char *command,
	const char *jail, void (*print)(const json_t *result));

/* A member that is text, as text_escape() shows it; "-" if it is none. The
 * caller frees. */
char *client_text(const json_t *of, const char *key);
/* A member that is a whole number; 0 if it is none. */
json_int_t client_number(const json_t *of, const char *key);
/* Of all in a list, together. */
json_int_t client_sum(const json_t *list, const char *key);

/*
 * The whole seconds of a number, kept within what a calendar can show;
 * otherwise if it is none.
 */
int64_t client_seconds(const json_t *number, int64_t otherwise);

#endif
