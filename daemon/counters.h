/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_COUNTERS_H
#define MAILBAN_DAEMON_COUNTERS_H

#include <stdint.h>

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "ledger/sign.h"

struct attackers;
struct line;
struct outbound;
struct state;

/*
 * What the mail did since mailband was first here, counted from the lines that
 * it reads anyway. Lines of other programs than Postfix and Dovecot cost a look
 * at their tag. At most COUNTERS_NAMES names of each kind are kept.
 */
struct counters;

#define COUNTERS_NAMES 16384
#define COUNTERS_PERIOD 1800 /* seconds, if no other is wanted */

/* Failed logins are told to the attackers, all records to outbound, who may be
 * NULL; both must outlive it. */
struct counters *counters_new(
	struct attackers *attackers, struct outbound *outbound);
void counters_free(struct counters **counters);

/*
 * source: where the line comes from. The mail of a program (of an instance of
 * Postfix) is counted from one source, the first by number of those that have
 * it: another's lines count if that one had none for an hour. Which one it was
 * is kept under its name.
 */
void counters_line(
	struct counters *counters, const struct line *line, uint32_t source);
/*
 * The i-th source that is read now: its name and number; "" for one that has
 * nothing to be counted, NULL behind the last.
 */
typedef const char *(*counters_source_fn)(
	void *ctx, size_t i, uint32_t *number);
void counters_sources(
	struct counters *counters, counters_source_fn fn, void *ctx);
/* Other sources may be read now, and under other numbers. */
void counters_followed(struct counters *counters);
/*
 * Lines that tell of trouble of the mail system's own (ledger/sign.h), each
 * once: whose they are, as counters_program() has it, who (a part of the line,
 * n bytes) is the service, time as the line has it.
 */
typedef void (*counters_sign_fn)(void *ctx, const char *program, bool dovecot,
	enum sign sign, const char *who, size_t n, int64_t time);
void counters_watch(struct counters *counters, counters_sign_fn fn, void *ctx);
/* The programs that there were lines of, Dovecot or an instance of Postfix
 * each: the name; lines since the start that were looked at closer, and how
 * many of them were not understood. NULL behind the last. */
const char *counters_program(const struct counters *counters, size_t i,
	bool *dovecot, uint64_t *lines, uint64_t *unknown);
/* A ban began. */
void counters_ban(struct counters *counters);
/* To be called once a second; ends a period of so many seconds when it is
 * over. */
void counters_tick(struct counters *counters, int64_t period);

/*
 * What changed since the last call goes into the state store, to be committed
 * with the positions of what was read; or all of it.
 */
void counters_save(struct counters *counters, struct state *state);
void counters_save_all(struct counters *counters, struct state *state);
/* At the start, before a line: what the store has. */
void counters_restore(struct counters *counters, struct state *state);
/* The same from a directory whose store nobody has open, which stays as it is;
 * NULL, or why not. */
const char *counters_peek(struct counters *counters, const char *statedir);

/*
 * The answer to the command counters, to be owned by the caller:
 *   since, open (messages of which more is to be heard), hours [{hour,
 * received, ...}], total {received, ...}, periods [{id, end, taken, received,
 * ..., senders, recipients}] total is since then; periods are those that are
 * over, the oldest first, with their different senders and recipients; hours
 * are those of a day.
 */
json_t *counters_tell(struct counters *counters);
/*
 * The answer to the command history: hours from that of a time on (seconds
 * since 1970), of the last 90 days:
 *   since, columns [received, ...], hours [[hour, received, ...], ...],
 *   next: null, or since when more of them are to be had
 */
json_t *counters_history(struct counters *counters, int64_t since);
/* A monitor has the periods up to this. */
void counters_mark(struct counters *counters, int64_t id);

#endif
