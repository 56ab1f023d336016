/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_FAIL2BAN_REGEXOUT_H
#define MAILBAN_CLI_FAIL2BAN_REGEXOUT_H

#include <jansson.h>
#include <stdio.h>

/*
 * Prints what a line's failures are, as fail2ban-regex -o does: format is id,
 * ip, msg, row, the name of a group, or a text with tags ("<ip> <time>").
 * found is what regextest_line gave.
 */
void regexout_print(FILE *to, const char *format, const json_t *found);

#endif
