/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_RUN_H
#define MAILBAN_CLI_RUN_H

/*
 * Runs a program that PATH finds, its output on stderr, and waits for it. Its
 * exit status, or -1 when told why there is none.
 */
int run_program(char **argv);
/* The same, but first looks beside this program, and where make install puts
 * a daemon. */
int run_daemon(char **argv);

#endif
