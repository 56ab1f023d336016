/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_FAIL2BAN_INTERACTIVE_H
#define MAILBAN_CLI_FAIL2BAN_INTERACTIVE_H

struct options;

/* What answers a line's words, of which there may be none. */
typedef int fail2ban_line_fn(
	const struct options *options, int argc, char **argv);

/*
 * Reads commands from stdin, with a prompt before each, and has each
 * answered. FAIL2BAN_YES after "exit" or "quit", FAIL2BAN_NO when the input
 * ends without, as fail2ban has it.
 */
int fail2ban_interactive(const struct options *options, fail2ban_line_fn *run);

#endif
