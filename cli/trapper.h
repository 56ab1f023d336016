/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_TRAPPER_H
#define MAILBAN_CLI_TRAPPER_H

#include <jansson.h>

/* What the server did with the values. */
struct trapper_answer {
	long processed, failed;
};

/*
 * Sends to SERVER, SERVER:PORT or [ADDRESS]:PORT, port 10051 if none is said,
 * and reads the answer, all within so many seconds, but for what the lookup of
 * a name takes. EXIT_YES or EXIT_FAULT, told on stderr.
 */
int trapper_send(const char *server, int wait, const json_t *message,
	struct trapper_answer *out);

#endif
