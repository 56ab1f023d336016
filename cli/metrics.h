/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_METRICS_H
#define MAILBAN_CLI_METRICS_H

#include <jansson.h>
#include <stdio.h>

/*
 * Writes what the commands "status" and "counters" of the daemon tell as
 * OpenMetrics 1.0 text, "# EOF" included. No address and no account in it.
 */
void metrics_write(const json_t *status, const json_t *counters, FILE *to);

#endif
