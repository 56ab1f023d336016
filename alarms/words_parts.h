/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_WORDS_PARTS_H
#define MAILBAN_ALARMS_WORDS_PARTS_H

/* What the files words*.c share, and nobody else. */

#include <stddef.h>

#include "alarms/judge.h"

/*
 * What is said of the alarms of one field. Each writes at most room bytes to
 * to: the figure, what comes of it ("; ..."), what to type; "" where there is
 * nothing to say. words.c picks which field is asked.
 */
struct words_about {
	void (*figure)(char *to, size_t room, const struct alarm *alarm);
	void (*outlook)(char *to, size_t room, const struct alarm *alarm);
	void (*next)(char *to, size_t room, const struct alarm *alarm);
};

extern const struct words_about words_disks, words_queues, words_host,
	words_signs;

#endif
