/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_COUNTERS_H
#define MAILBAN_DAEMON_COUNTERS_H

#include <jansson.h>

struct line;
struct state;

/*
 * What the mail did since mailband was first here, counted from the lines that
 * it reads anyway. Lines of other programs than Postfix and Dovecot cost a look
 * at their tag. At most COUNTERS_NAMES names of each kind are kept.
 */
struct counters;

#define COUNTERS_NAMES 16384

struct counters *counters_new(void);
void counters_free(struct counters **counters);

void counters_line(struct counters *counters, const struct line *line);
/* A ban began. */
void counters_ban(struct counters *counters);

/*
 * What changed since the last call goes into the state store, to be committed
 * with the positions of what was read; or all of it.
 */
void counters_save(struct counters *counters, struct state *state);
void counters_save_all(struct counters *counters, struct state *state);
/* At the start, before a line: what the store has. */
void counters_restore(struct counters *counters, struct state *state);

/*
 * The answer to the command counters, to be owned by the caller:
 *   since, hours [{hour, received, ...}], total {received, ...}, period {...}
 * total is since then; period since the last counters_mark, with its different
 * senders and recipients since the last start; hours are those of a day.
 */
json_t *counters_tell(struct counters *counters);
/*
 * The answer to the command history: hours from that of a time on (seconds
 * since 1970), of the last 90 days:
 *   since, columns [received, ...], hours [[hour, received, ...], ...],
 *   next: null, or since when more of them are to be had
 */
json_t *counters_history(struct counters *counters, int64_t since);
/* The period ended when the total was this, as counters_tell told it. */
void counters_mark(struct counters *counters, const json_t *total);

#endif
