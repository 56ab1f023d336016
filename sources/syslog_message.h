/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_SYSLOG_MESSAGE_H
#define MAILBAN_SOURCES_SYSLOG_MESSAGE_H

#include <stddef.h>

#include "sources/source.h"

struct header_clock;
struct line;

/* Room for the longest line, with host, program and pid in front. */
#define SYSLOG_MESSAGE_MOST (SOURCE_LINE_MOST + 600)

/*
 * Makes the n bytes at in, SOURCE_LINE_MOST at most, a line in body, which has
 * room for SYSLOG_MESSAGE_MOST: "host program[pid]: message", with own_host if
 * the message has none, and blanks for newlines. Understood are RFC 3164 with a
 * host, without one as syslog(3) sends it, and without a date; and RFC 5424.
 * Of *line the time, journal, cut_short and stranger stay as they are.
 */
void syslog_message_line(const char *in, size_t n, const char *own_host,
	struct header_clock *clock, char *body, struct line *line);

#endif
