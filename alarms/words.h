/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_WORDS_H
#define MAILBAN_ALARMS_WORDS_H

#include <stdint.h>

#include "alarms/judge.h"

/* What people are told of an alarm. */
struct words {
	/* What is wrong, the figure, since when, what will be, who does it. */
	char text[1040];
	/* The command to type next; "" if all is well again. */
	char next[960];
	/* Of an account's alarm, the last ones with a blank between two; or
	 * "". */
	char addresses[168], queue_ids[152];
};

/*
 * Fills words for the alarm as it stands: how the news came about, at the
 * monotonic time now and the wall clock's. Nothing in it comes from a log but
 * the alarm's detail and more, and the alarm is none of an account.
 */
void words_of(struct words *words, const struct alarm *alarm,
	enum level_news news, int64_t now, int64_t wall);

/* "12.3 MB", "950 kB": of thousands, as df -H has it. */
#define WORDS_SIZE 16
const char *words_size(double bytes, char text[WORDS_SIZE]);
/* "3 days", "4 hours", "12 minutes", "1 minute". */
#define WORDS_SPAN 24
const char *words_span(double seconds, char text[WORDS_SPAN]);

#endif
