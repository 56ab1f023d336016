/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_WORDS_PARTS_H
#define MAILBAN_ALARMS_WORDS_PARTS_H

/* What words.c has of the alarms of lines, and nobody else. */

#include <stddef.h>

#include "alarms/judge.h"

/* Nothing, of another alarm. */
void words_signs_figure(char *to, size_t room, const struct alarm *alarm);
void words_signs_outlook(char *to, size_t room, const struct alarm *alarm);
void words_signs_next(char *to, size_t room, const struct alarm *alarm);

#endif
