/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_COUNTERS_H
#define MAILBAN_DAEMON_COUNTERS_H

#include <jansson.h>

struct line;

/*
 * What the mail did since the daemon began, counted from the lines that it
 * reads anyway. Lines of other programs than Postfix and Dovecot cost a look
 * at their tag. At most COUNTERS_NAMES names of each kind are kept.
 */
struct counters;

#define COUNTERS_NAMES 16384

struct counters *counters_new(void);
void counters_free(struct counters **counters);

void counters_line(struct counters *counters, const struct line *line);

/*
 * The answer to the command counters, to be owned by the caller:
 *   since, hours [{hour, received, ...}], total {received, ...}, period {...}
 * total is since the start; period since the last counters_mark, with its
 * different senders and recipients.
 */
json_t *counters_tell(const struct counters *counters);
/* The period ended when the total was this, as counters_tell told it. */
void counters_mark(struct counters *counters, const json_t *total);

#endif
