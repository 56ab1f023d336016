/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_RUN_H
#define MAILBAN_CLI_RUN_H

#include <stddef.h>

/*
 * Runs a program that PATH finds, its output on stderr, and waits for it. Its
 * exit status, or -1 when told why there is none.
 */
int run_program(char **argv);
/* The same, but first looks beside this program, and where make install puts
 * a daemon. */
int run_daemon(char **argv);

/*
 * The same, and its output is returned, most bytes and a NUL at most, for the
 * caller to free; NULL if it failed, which it or this told, or says more.
 */
char *run_daemon_output(char **argv, size_t most);

/*
 * Runs argv[0], a path, with these bytes as its input, and its output on
 * stderr. Its exit status; -1 when told that it could not be run, or was not
 * done after so many seconds and is ended, with what it runs itself.
 */
int run_with_input(char **argv, const char *bytes, size_t n, int seconds);

#endif
