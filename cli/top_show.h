/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_TOP_SHOW_H
#define MAILBAN_CLI_TOP_SHOW_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What the daemon said at a time: its answers to the commands of these names,
 * senders the one to accounts. They are the caller's. */
struct sample {
	json_t *status, *counters, *attackers, *senders;
	int64_t at; /* monotonic, microseconds */
};

/* What was in between, and what holds now, in so many lines; 0 is as many as
 * it takes. */
void top_print(const struct sample *old, const struct sample *now, size_t rows,
	FILE *to);
/* The same as an object on a line of standard output. */
void top_json(const struct sample *old, const struct sample *now);

#endif
