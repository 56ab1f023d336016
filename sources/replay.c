/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log read from its beginning to its end. A plain file is read straight
 * into our buffer; zlib tells by itself whether anything else is compressed.
 * A damaged one is told of, and never taken for whole.
 */
#include "sources/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "lib/line.h"
#include "sources/header.h"

/* What stays in the cache nearest to the processor but one. */
#define PORTION (128 * 1024)
/* Newlines are looked for in so many bytes at a time. */
#define WINDOW 4096

struct replay {
	replay_text_fn text; /* or */
	source_line_fn line; /* which has its header cut */
	void *ctx;
	struct header_clock clock;
	int fd;
	gzFile zipped; /* reads fd; NULL: it is plain */
	char *buf;     /* PORTION + SOURCE_LINE_MOST bytes */
	size_t held;   /* of a line that has no end yet, at buf */
	bool skip;     /* up to the next newline: the line was too long */
	uint16_t newlines[WINDOW];
};

static void hand_on(struct replay *r, const char *text, size_t n, bool cut)
{
	struct line line;

	while (n && text[n - 1] == '\r')
		n--;
	if (!r->line)
		return r->text(r->ctx, text, n, cut);
	header_cut(text, n, &r->clock, &line);
	line.cut_short = cut;
	r->line(r->ctx, &line);
}

#ifdef __SSE2__
/* A bit for each of 16 bytes. */
static inline uint64_t newline_bits(const char *p)
{
	__m128i v = _mm_loadu_si128((const __m128i_u *)p);

	return (unsigned int)_mm_movemask_epi8(
		_mm_cmpeq_epi8(v, _mm_set1_epi8('\n')));
}
#endif

/*
 * Where the newlines of n bytes are; how many. Where lines end nobody can
 * foresee, a processor as little as others: so no branch asks for it, but for
 * lines so short that two are in one block.
 */
static size_t newlines_find(const char *text, size_t n, uint16_t *out)
{
	size_t found = 0, i = 0;

#ifdef __SSE2__
	for (; n - i >= 64; i += 64) {
		const char *p = text + i;
		uint64_t bits = newline_bits(p) | newline_bits(p + 16) << 16 |
				newline_bits(p + 32) << 32 |
				newline_bits(p + 48) << 48;

		out[found] = (uint16_t)(i + (size_t)__builtin_ctzll(
						    bits | UINT64_C(1) << 63));
		found += bits != 0;
		for (bits &= bits - 1; bits; bits &= bits - 1)
			out[found++] =
				(uint16_t)(i + (size_t)__builtin_ctzll(bits));
	}
#endif
	for (; i < n; i++)
		if (text[i] == '\n')
			out[found++] = (uint16_t)i;
	return found;
}

static void line_end(struct replay *r, const char *text, size_t n)
{
	bool cut = n > SOURCE_LINE_MOST;

	if (!r->skip)
		hand_on(r, text, cut ? SOURCE_LINE_MOST : n, cut);
	r->skip = false;
}

/* Hands on the lines in the first n bytes of buf, keeps the rest there. */
static void split(struct replay *r, size_t n)
{
	const char *begin = r->buf, *end = r->buf + n;
	const char *at = r->buf + r->held;

	while (at < end) {
		size_t room = (size_t)(end - at), found;

		room = room < WINDOW ? room : WINDOW;
		found = newlines_find(at, room, r->newlines);
		for (size_t i = 0; i < found; i++) {
			const char *newline = at + r->newlines[i];

			line_end(r, begin, (size_t)(newline - begin));
			begin = newline + 1;
		}
		at += room;
	}
	r->held = r->skip ? 0 : (size_t)(end - begin);
	if (r->held > SOURCE_LINE_MOST) {
		hand_on(r, begin, SOURCE_LINE_MOST, true);
		r->skip = true;
		r->held = 0;
	}
	memmove(r->buf, begin, r->held);
}

static int fail(char *why, size_t room, const char *text)
{
	snprintf(why, room, "%s", text);
	return -1;
}

static int read_all(struct replay *r, char *why, size_t room)
{
	ssize_t got;

	while ((got = read(r->fd, r->buf + r->held, PORTION)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail(why, room, strerror(errno));
		split(r, r->held + (size_t)got);
	}
	return 0;
}

static int read_zipped(struct replay *r, char *why, size_t room)
{
	int got, code;

	while ((got = gzread(r->zipped, r->buf + r->held, PORTION)) > 0)
		split(r, r->held + (size_t)got);
	gzerror(r->zipped, &code);
	if (code == Z_ERRNO)
		return fail(why, room, strerror(errno));
	if (code == Z_BUF_ERROR)
		return fail(why, room, "the compressed data ends too early");
	if (got < 0)
		return fail(why, room, "the compressed data is damaged");
	return 0;
}

/* A file that does not begin as gzip(1) has it; of a pipe nobody knows. */
static bool is_plain(int fd)
{
	unsigned char magic[2];
	off_t at = lseek(fd, 0, SEEK_CUR);
	struct stat st;

	return at >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       !(pread(fd, magic, 2, at) == 2 && magic[0] == 0x1f &&
		       magic[1] == 0x8b);
}

static int read_by_zlib(struct replay *r, char *why, size_t room)
{
	int fd = dup(r->fd), result;

	r->zipped = fd < 0 ? NULL : gzdopen(fd, "rb");
	if (!r->zipped)
		return fail(why, room, strerror(errno));
	gzbuffer(r->zipped, PORTION / 2);
	result = read_zipped(r, why, room);
	gzclose(r->zipped);
	return result;
}

static int read_fd(struct replay *r, char *why, size_t room)
{
	struct stat st;
	int result;

	if (fstat(r->fd, &st) == 0 && S_ISDIR(st.st_mode))
		return fail(why, room, strerror(EISDIR));
	r->buf = malloc(PORTION + SOURCE_LINE_MOST);
	if (!r->buf)
		abort();
	result = is_plain(r->fd) ? read_all(r, why, room)
				 : read_by_zlib(r, why, room);
	/* What ends without a newline is a line; what was cut off is none. */
	if (result == 0 && r->held > 0)
		hand_on(r, r->buf, r->held, false);
	free(r->buf);
	return result;
}

static int read_path(struct replay *r, const char *path, char *why, size_t room)
{
	int result;

	r->fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO)
				       : open(path, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0)
		return fail(why, room, strerror(errno));
	result = read_fd(r, why, room);
	close(r->fd);
	return result;
}

int replay_text(
	const char *path, replay_text_fn fn, void *ctx, char *why, size_t room)
{
	struct replay r = {.text = fn, .ctx = ctx};

	return read_path(&r, path, why, room);
}

int replay_read(
	const char *path, source_line_fn fn, void *ctx, char *why, size_t room)
{
	struct replay r = {.line = fn, .ctx = ctx};

	return read_path(&r, path, why, room);
}
