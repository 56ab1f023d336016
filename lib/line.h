/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_LINE_H
#define MAILBAN_LIB_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * One log line as a source hands it on and as filters take it. It points
 * into the source's buffer and lives until the source is asked for the next.
 *
 *   Nov 21 10:00:00 mx postfix/smtpd[123]: warning: unknown[192.0.2.1]: ...
 *   |------date-----| |-tag---------|      |-message
 *                   |-body
 *
 * body is what a failregex sees: the line with its date cut out. When the
 * date stands at the start, body points behind it (body[0] is the blank);
 * a line with no header has body = text and an empty tag.
 */
struct line {
	const char *text; /* the line, no newline, not NUL-terminated */
	size_t text_len;
	const char *body;
	size_t body_len;
	const char *host; /* inside body; empty if there is none */
	size_t host_len;
	const char *tag; /* program without [pid] and colon; may be empty */
	size_t tag_len;
	const char *message; /* inside body; what the program said */
	size_t message_len;
	/* Lines with one number have the same bytes from body to message, but
	 * for the pid (lib/linehead.h); 0: it has none. */
	uint16_t head;
	int64_t time; /* microseconds since 1970 UTC; 0 = the line has none */
	bool journal; /* from the journal: tag and host are journald's fields */
	bool cut_short; /* longer than the source's cap; the rest was dropped */
	bool stranger;	/* nobody believes who wrote it: others stay as they are
			 */
};

/*
 * Whether its program is this one or a part of it: of "postfix" also
 * "postfix/smtpd", and "postfix-out", as an instance is called (postmulti(1)).
 */
__attribute__((always_inline)) static inline bool line_is_of(
	const struct line *line, const char *program)
{
	size_t n = strlen(program);

	return line->tag_len >= n && memcmp(line->tag, program, n) == 0;
}

#endif
