/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_FAIL2BAN_REGEXSESSION_H
#define MAILBAN_CLI_FAIL2BAN_REGEXSESSION_H

#include <jansson.h>
#include <stdbool.h>

/* Whether an object has a key with what Python takes for true. */
bool regexsession_holds(const json_t *object, const char *key);
/* Takes a key out of an object: its value, to be given back, or NULL. */
json_t *regexsession_take(json_t *object, const char *key);
/* Sets a key to the lines before (whose reference is taken; may be NULL) and
 * lines (may be NULL). */
void regexsession_lines(
	json_t *fail, const char *key, json_t *before, const json_t *lines);

/*
 * The groups of a match of connection id together with what earlier lines of
 * it said, which sessions keeps. Takes fail's reference and returns what is to
 * be told, to be given back.
 */
json_t *regexsession_merge(
	json_t *sessions, const char *id, json_t *fail, const json_t *lines);

#endif
