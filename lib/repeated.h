/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_REPEATED_H
#define MAILBAN_LIB_REPEATED_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/line.h"
#include "lib/word.h"

/*
 * What rsyslog's $RepeatedMsgReduction writes of lines that were the same as
 * the one before them, in place of these: the host and the program as they had
 * them, and
 *
 *   message repeated 5 times: [ imap-login: Disconnected: ...]
 *
 * Source: rsyslog, runtime/ratelimit.c, ratelimitGenRepMsg().
 */

/* Of the message it writes so many bytes at most, the blank in front of it
 * included, and not that it left some out. */
#define REPEATED_TEXT 800
/* A date, a host and a program that are longer are not rsyslog's. */
#define REPEATED_HEAD 1024
/* More are counted as so many: no jail wants to know better. */
#define REPEATED_MOST 1000

/* The line that came again. */
struct repeated {
	struct line line;
	uint32_t times; /* 1 to REPEATED_MOST */
	char text[REPEATED_HEAD + REPEATED_TEXT];
};

/* False of nearly all lines that are not such. */
static inline bool repeated_begins(const struct line *line)
{
	uint64_t word;

	if (line->message_len < sizeof(word))
		return false;
	word = word_at(line->message);
	return word == word_at("message ") || word == word_at(" message");
}

/*
 * If the line is such, of a program that it names, fills *out, which it then
 * points into, and what it said of its sender, its time and its beginning is
 * the new line's; that is cut short if it may be. Any bytes are safe; no
 * allocation.
 */
bool repeated_cut(const struct line *line, struct repeated *out);

#endif
