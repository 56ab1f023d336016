/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cut of any line: its parts lie in it and in their order, and what a
 * clock remembers of the lines before changes nothing.
 */
#include <string.h>

#include "lib/line.h"
#include "sources/header.h"
#include "tests/fuzz/fuzz.h"

/* The year 1900 and 2100, in microseconds: what four digits can say. */
#define FIRST (-INT64_C(2209075200) * 1000000)
#define LAST (INT64_C(253402387200) * 1000000)

static struct header_clock seen;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_hold("Europe/Berlin");
	return 0;
}

static bool same(const struct line *a, const struct line *b)
{
	return a->time == b->time && a->body == b->body &&
	       a->body_len == b->body_len && a->host == b->host &&
	       a->host_len == b->host_len && a->tag == b->tag &&
	       a->tag_len == b->tag_len && a->message == b->message &&
	       a->message_len == b->message_len && a->head == b->head;
}

static void check(const struct line *line, const char *text, size_t n)
{
	const char *end = text + n;

	must(line->text == text && line->text_len == n);
	must(line->body >= text && line->body + line->body_len == end);
	must(line->message >= line->body &&
		line->message + line->message_len == end);
	must(line->host >= line->body && line->host + line->host_len <= end);
	must(line->tag + line->tag_len <= end);
	if (line->host_len && line->tag_len)
		must(line->host + line->host_len < line->tag);
	if (line->tag_len)
		must(line->tag >= line->body &&
			line->tag + line->tag_len <= line->message);
	must(!line->journal && !line->cut_short);
	must(line->time >= FIRST && line->time <= LAST);
}

/* One line, at the very end of its memory, so that a byte too far is seen. */
static void cut(const uint8_t *data, size_t n)
{
	char *text = malloc(n ? n : 1);
	struct header_clock fresh = {0};
	struct line line, again;

	memcpy(text, data, n);
	header_cut(text, n, &fresh, &line);
	check(&line, text, n);
	header_cut(text, n, &fresh, &again);
	must(same(&line, &again));
	header_cut(text, n, &seen, &again);
	must(same(&line, &again));
	free(text);
}

/* Several lines, of which the later are held against the earlier. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	while (n) {
		const uint8_t *end = memchr(data, '\n', n);
		size_t len = end ? (size_t)(end - data) : n;

		cut(data, len);
		data += len + !!end;
		n -= len + !!end;
	}
	return 0;
}
