/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_NOTICE_H
#define MAILBAN_DAEMON_NOTICE_H

#include <stdint.h>

#include "alarms/judge.h"
#include "alarms/words.h"

/* MESSAGE_ID of the journal's entries, documented in mailband(8). */
#define NOTICE_RAISED "2b0c5c7e5d3f4f0fa3f2a5f9d1c6b784"
#define NOTICE_RECOVERED "9e1d7a43c0b24f6c8f0e6d52b7a9c315"

/*
 * Tells the news of an alarm in the log and, with its parts as fields
 * (MAILBAN_ALARM and so on), in the journal; once only where the log is the
 * journal. since: wall clock, seconds.
 */
void notice_log(const struct alarm *alarm, enum level_news news,
	const struct words *words, int64_t since);

#endif
