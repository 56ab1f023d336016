/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log read from its beginning to its end. zlib tells by itself whether a
 * file is compressed; a damaged one is told of, and never taken for whole.
 */
#include "sources/replay.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/line.h"
#include "sources/header.h"

#define PORTION (256 * 1024)

struct replay {
	source_line_fn fn;
	void *ctx;
	struct header_clock clock;
	char *buf;   /* PORTION + SOURCE_LINE_MOST bytes */
	size_t held; /* of a line that has no end yet, at buf */
	bool skip;   /* up to the next newline: the line was too long */
};

static void hand_on(struct replay *r, const char *text, size_t n, bool cut)
{
	struct line line;

	while (n && text[n - 1] == '\r')
		n--;
	header_cut(text, n, &r->clock, &line);
	line.cut_short = cut;
	r->fn(r->ctx, &line);
}

/* Hands on the lines in the first n bytes of buf, keeps the rest there. */
static void split(struct replay *r, size_t n)
{
	char *at = r->buf, *end = r->buf + n, *newline;

	while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
		size_t len = (size_t)(newline - at);
		bool cut = len > SOURCE_LINE_MOST;

		if (!r->skip)
			hand_on(r, at, cut ? SOURCE_LINE_MOST : len, cut);
		r->skip = false;
		at = newline + 1;
	}
	r->held = r->skip ? 0 : (size_t)(end - at);
	if (r->held > SOURCE_LINE_MOST) {
		hand_on(r, at, SOURCE_LINE_MOST, true);
		r->skip = true;
		r->held = 0;
	}
	memmove(r->buf, at, r->held);
}

static int fail(char *why, size_t room, const char *text)
{
	snprintf(why, room, "%s", text);
	return -1;
}

static int read_all(struct replay *r, gzFile file, char *why, size_t room)
{
	int got, code;

	while ((got = gzread(file, r->buf + r->held, PORTION)) > 0)
		split(r, r->held + (size_t)got);
	gzerror(file, &code);
	if (code == Z_ERRNO)
		return fail(why, room, strerror(errno));
	if (code == Z_BUF_ERROR)
		return fail(why, room, "the compressed data ends too early");
	if (got < 0)
		return fail(why, room, "the compressed data is damaged");
	/* What ends without a newline is a line; what was cut off is none. */
	if (r->held > 0)
		hand_on(r, r->buf, r->held, false);
	return 0;
}

int replay_read(
	const char *path, source_line_fn fn, void *ctx, char *why, size_t room)
{
	struct replay r = {.fn = fn, .ctx = ctx};
	bool input = strcmp(path, "-") == 0;
	struct stat st;
	gzFile file;
	int result;

	if (!input && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return fail(why, room, strerror(EISDIR));
	file = input ? gzdopen(dup(STDIN_FILENO), "rb") : gzopen(path, "rbe");
	if (!file)
		return fail(why, room, strerror(errno));
	/* Half of it, and zlib reads what is plain right into our buffer. */
	gzbuffer(file, PORTION / 2);
	r.buf = malloc(PORTION + SOURCE_LINE_MOST);
	if (!r.buf)
		abort();
	result = read_all(&r, file, why, room);
	free(r.buf);
	gzclose(file);
	return result;
}
