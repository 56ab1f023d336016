/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_JSONOUT_H
#define MAILBAN_CLI_JSONOUT_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Writes a value as JSON for programs, in ASCII, and a newline; the layout is
 * JSON_INDENT(n) or JSON_COMPACT. What could not be written ferror(3) tells.
 */
void jsonout_write(const json_t *value, size_t layout, FILE *to);
/* To stdout, as nearly all commands do with --json. */
void jsonout_print(const json_t *value);

#endif
