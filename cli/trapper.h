/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_TRAPPER_H
#define MAILBAN_CLI_TRAPPER_H

#include <jansson.h>
#include <stddef.h>

/*
 * A request to a Zabbix server or proxy as zabbix_sender(1) frames it: "ZBXD",
 * the flag 1, the length and a zero in 32 bits each, least byte first, JSON.
 * Source: zabbix.com, manual, appendix, protocols.
 */
#define TRAPPER_HEAD 13
#define TRAPPER_ANSWER_MOST 65536

/* The frame of a message, to be freed, and its length. */
char *trapper_frame(const json_t *message, size_t *n);

/* What the server did with the values. */
struct trapper_answer {
	long processed, failed;
};

/* Of the n bytes of a whole answer: NULL, or what is wrong with it. */
const char *trapper_answer_read(
	const char *bytes, size_t n, struct trapper_answer *out);

/*
 * Sends to SERVER, SERVER:PORT or [ADDRESS]:PORT, port 10051 if none is said,
 * and reads the answer, all within so many seconds, but for what the lookup of
 * a name takes. EXIT_YES or EXIT_FAULT, told on stderr.
 */
int trapper_send(const char *server, int wait, const json_t *message,
	struct trapper_answer *out);

#endif
