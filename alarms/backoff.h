/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_BACKOFF_H
#define MAILBAN_ALARMS_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

/* Seconds between two questions that cost something: the first time, and at
 * most; each refusal doubles it. */
#define BACKOFF_LEAST 300
#define BACKOFF_MOST (6 * 3600)

/* When something may be asked again; all zero: now. */
struct backoff {
	int64_t next; /* seconds since 1970 */
	uint32_t refused;
};

/* Whether it may be asked now. A clock that was put back does not forbid it
 * for longer than BACKOFF_MOST. */
bool backoff_may(const struct backoff *backoff, int64_t now);
/* It was asked, and refused; or it was not. */
void backoff_note(struct backoff *backoff, bool refused, int64_t now);

#endif
