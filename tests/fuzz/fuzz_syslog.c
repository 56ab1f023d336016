/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any datagram of the syslog socket: it is one line, all of which lies in the
 * line's own buffer, and what came before it changes nothing.
 */
#include <string.h>

#include "lib/line.h"
#include "sources/header.h"
#include "sources/syslog_message.h"
#include "tests/fuzz/fuzz.h"

static struct header_clock seen;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_hold("Europe/Berlin");
	return 0;
}

static void check(const struct line *line, const char *body)
{
	const char *end = body + line->body_len;

	must(line->text == body && line->body == body);
	must(line->text_len == line->body_len);
	must(line->body_len <= SYSLOG_MESSAGE_MOST);
	must(!memchr(body, '\n', line->body_len));
	must(line->host == body && line->host + line->host_len <= end);
	must(line->tag >= line->host + line->host_len);
	must(line->tag + line->tag_len <= line->message);
	must(line->message + line->message_len == end);
	must(line->journal && !line->cut_short && line->time == 7);
}

/* At the very end of its memory, so that a byte too far is seen. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static char body[SYSLOG_MESSAGE_MOST], again[SYSLOG_MESSAGE_MOST];
	struct line line = {.journal = true, .time = 7}, other = line;
	struct header_clock fresh = {0};
	char *in;

	if (n > SOURCE_LINE_MOST)
		return 0;
	in = malloc(n ? n : 1);
	memcpy(in, data, n);
	syslog_message_line(in, n, "mx", &fresh, body, &line);
	check(&line, body);
	syslog_message_line(in, n, "mx", &seen, again, &other);
	must(line.body_len == other.body_len && line.head == other.head);
	must(memcmp(body, again, line.body_len) == 0);
	must(line.tag - body == other.tag - again);
	free(in);
	return 0;
}
