/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_AUDIT_H
#define MAILBAN_DAEMON_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;

/*
 * Whether the kernel holds the bans that are wanted, counted jail by jail: now
 * and then, after healing, and when somebody asks. A difference that stays is
 * told once in the log.
 */
struct audit;

/* More bans than this are not counted when asked, as counting them would
 * hold up new ones: what was last counted is told (20,000: 12 ms). */
#define AUDIT_ASKED_MOST 20000u
/* And a jail with more is never counted (100,000: 0.3 s). */
#define AUDIT_JAIL_MOST 100000u

/* Microseconds: whoever asks is answered, whatever the warden does. */
#define AUDIT_PATIENCE INT64_C(40000)

/* engine must outlive it. */
struct audit *audit_new(struct engine *engine);
/* Nothing may be under way at the warden any more. */
void audit_free(struct audit **audit);

/* To be called each second. */
void audit_tick(struct audit *audit);
/* Others have changed the ruleset and it is put right: look soon. */
void audit_soon(struct audit *audit);

/* The configuration is about to change: what was counted stands for the jails
 * that there are still. */
void audit_reconfigure(struct audit *audit);

/*
 * Counts, and calls fn when that is done, or after AUDIT_PATIENCE if it is
 * not: then the last counts stand. False, and fn is not called, if there is
 * too much to count or nobody to ask.
 */
typedef void (*audit_fn)(void *ctx);
bool audit_ask(struct audit *audit, audit_fn fn, void *ctx);

struct audit_jail {
	bool known;
	uint32_t enforced; /* elements in the kernel */
	bool differs;	   /* from what is wanted, and it stays so */
};
/* As last counted. */
void audit_jail(const struct audit *audit, size_t jail, struct audit_jail *out);

#endif
