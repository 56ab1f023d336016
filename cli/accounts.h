/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_ACCOUNTS_H
#define MAILBAN_CLI_ACCOUNTS_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

/* The first so many of a list that the daemon gave of who sends, as a table. */
void accounts_print(const json_t *list, size_t most, FILE *to);
/* How many of them, which stand first, are an alarm or have sent this hour. */
size_t accounts_busy(const json_t *list);

#endif
