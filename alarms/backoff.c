/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How seldom a question is asked whose answer costs: where Postfix has no room
 * it writes a mail to its postmaster for each MAIL FROM that it refuses
 * (notify_classes, postconf(5)). Knows the time only by what it is told.
 */
#include "alarms/backoff.h"

bool backoff_may(const struct backoff *backoff, int64_t now)
{
	return now >= backoff->next || backoff->next - now > BACKOFF_MOST;
}

void backoff_note(struct backoff *backoff, bool refused, int64_t now)
{
	int64_t wait = BACKOFF_LEAST;

	if (!refused) {
		*backoff = (struct backoff){0};
		return;
	}
	for (uint32_t i = 0; i < backoff->refused && wait < BACKOFF_MOST; i++)
		wait *= 2;
	backoff->refused++;
	backoff->next = now + (wait < BACKOFF_MOST ? wait : BACKOFF_MOST);
}
