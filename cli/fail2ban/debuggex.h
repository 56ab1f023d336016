/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_FAIL2BAN_DEBUGGEX_H
#define MAILBAN_CLI_FAIL2BAN_DEBUGGEX_H

#include <stdbool.h>
#include <stddef.h>

/*
 * "line | regex |  URL": a line of a log and a regular expression in the
 * address of the site that shows what the one does to the other. encoding is
 * the log's; the caller frees.
 */
char *debuggex_row(const char *line, size_t n, const char *encoding,
	const char *regex, bool names, bool multiline, size_t *out_n);

#endif
