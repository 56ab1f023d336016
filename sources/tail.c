/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads on in one open file and splits what came into lines. Lines that are
 * whole in the buffer are handed on where they lie; only one that is not is
 * copied. Each read begins before the offset, and if those bytes are not what
 * they were, the file was truncated and has grown again since.
 *
 * A line begins at the start of a file or behind a newline, never elsewhere:
 * text in the middle of a line may be what a client typed.
 */
#include "sources/tail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/line.h"
#include "sources/header.h"
#include "sources/newlines.h"

/* FNV-1a, 64 bits: it has to tell apart, not to withstand. */
uint64_t tail_print(const char *bytes, size_t n)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
	return h;
}

static ssize_t read_at(int fd, char *buf, size_t n, int64_t offset)
{
	ssize_t got;

	do
		got = pread(fd, buf, n, offset);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

uint64_t tail_print_before(const struct tail *t, size_t *n)
{
	if (t->line_start < t->offset) {
		*n = t->line_before;
		return t->line_print;
	}
	*n = t->before_len;
	return tail_print(t->before, t->before_len);
}

uint64_t tail_print_head(const struct tail *t, size_t *n)
{
	*n = t->head_len;
	return tail_print(t->head, *n);
}

bool tail_print_fits(int fd, int64_t offset, size_t n, uint64_t print)
{
	char bytes[TAIL_PRINT];

	if (n > sizeof(bytes) || offset < (int64_t)n)
		return false;
	return read_at(fd, bytes, n, offset - (int64_t)n) == (ssize_t)n &&
	       tail_print(bytes, n) == print;
}

/* When the file was written last, in ns by its own clock. */
static int64_t modified(const struct stat *st)
{
	return st->st_mtim.tv_sec * INT64_C(1000000000) + st->st_mtim.tv_nsec;
}

int tail_init(struct tail *t, int fd, int64_t offset, bool mid_line)
{
	size_t n = offset < TAIL_PRINT ? (size_t)offset : TAIL_PRINT;
	struct stat st;
	ssize_t before, head;

	*t = (struct tail){
		.fd = fd, .wd = -1, .offset = offset, .line_start = offset};
	if (fstat(fd, &st) < 0) {
		before = -errno;
		close(fd);
		return (int)before;
	}
	t->dev = st.st_dev;
	t->ino = st.st_ino;
	t->unread_since = modified(&st);
	t->last_data = clock_mono();
	before = read_at(fd, t->before, n, offset - (int64_t)n);
	head = read_at(fd, t->head, n, 0);
	if (before < 0 || head < 0) {
		close(fd);
		t->fd = -1;
		return (int)(before < 0 ? before : head);
	}
	/* Shorter than that by now: the first read will see it. */
	t->before_len = n;
	t->head_len = (size_t)head;
	t->line_before = n;
	t->line_print = tail_print(t->before, n);
	t->skip_line = mid_line && n && t->before[n - 1] != '\n';
	return 0;
}

void tail_deinit(struct tail *t)
{
	free(t->held);
	t->held = NULL;
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

static void held_clear(struct tail *t)
{
	t->held_len = 0;
	t->cut_short = false;
	/* A long line is rare: its memory is not kept for the next. */
	if (t->held_room > 4096) {
		free(t->held);
		t->held = NULL;
		t->held_room = 0;
	}
}

static void held_add(struct tail *t, const char *bytes, size_t n)
{
	size_t room = t->held_room ? t->held_room : 1024;

	if (n > SOURCE_LINE_MOST - t->held_len) {
		n = SOURCE_LINE_MOST - t->held_len;
		t->cut_short = true;
	}
	while (room < t->held_len + n)
		room *= 2;
	if (room != t->held_room) {
		char *held = realloc(t->held, room);

		if (!held) {
			t->cut_short = true;
			return;
		}
		t->held = held;
		t->held_room = room;
	}
	memcpy(t->held + t->held_len, bytes, n);
	t->held_len += n;
}

/* With nothing cut off it. */
static void hand_on_whole(
	const struct tail_reader *r, const char *text, size_t n, bool cut_short)
{
	const struct line line = {.text = text,
		.text_len = n,
		.body = text,
		.body_len = n,
		.host = text,
		.tag = text,
		.message = text,
		.message_len = n,
		.cut_short = cut_short};

	r->fn(r->ctx, &line);
}

__attribute__((always_inline)) static inline void hand_on(
	const struct tail_reader *r, const char *text, size_t n, bool cut_short)
{
	struct line line;

	if (n > SOURCE_LINE_MOST) {
		n = SOURCE_LINE_MOST;
		cut_short = true;
	}
	while (n && text[n - 1] == '\r')
		n--;
	r->stats->cut += cut_short;
	r->stats->lines++;
	if (!r->clock) {
		hand_on_whole(r, text, n, cut_short);
		return;
	}
	header_cut_here(text, n, r->clock, &line);
	line.cut_short = cut_short;
	r->fn(r->ctx, &line);
}

/* The same for a line that is not one of many. */
static void hand_on_held(struct tail *t, const struct tail_reader *r)
{
	hand_on(r, t->held, t->held_len, t->cut_short);
}

static bool line_pending(const struct tail *t)
{
	return t->held_len || t->cut_short || t->skip_line;
}

/* Ends the line that an earlier read began; p is behind its newline. */
static void end_pending(struct tail *t, const struct tail_reader *r,
	const char *bytes, size_t n)
{
	if (t->skip_line) {
		t->skip_line = false;
	} else {
		held_add(t, bytes, n);
		hand_on_held(t, r);
	}
	held_clear(t);
}

static bool is_enough(const struct tail_reader *r)
{
	return r->enough && *r->enough;
}

/* Returns where the line begins that has no end yet, or was not asked for. */
static const char *split(struct tail *t, const struct tail_reader *r,
	const char *p, const char *end)
{
	uint16_t newlines[NEWLINES_BYTES];
	const char *from = p;

	if (line_pending(t)) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));

		if (!newline)
			return p;
		end_pending(t, r, p, (size_t)(newline - p));
		from = p = newline + 1;
	}
	while (from < end) {
		size_t bytes = (size_t)(end - from), n;

		if (bytes > NEWLINES_BYTES)
			bytes = NEWLINES_BYTES;
		n = newlines_find(from, bytes, newlines);
		for (size_t i = 0; i < n; i++) {
			const char *newline = from + newlines[i];

			if (is_enough(r))
				return p;
			hand_on(r, p, (size_t)(newline - p), false);
			p = newline + 1;
		}
		from += bytes;
	}
	return p;
}

/* A writer that does not append leaves a hole where the file was cut off. */
static const char *skip_nuls(struct tail *t, const char *p, const char *end)
{
	while (p < end && !*p)
		p++;
	if (p < end)
		t->skip_nuls = false;
	return p;
}

/* So many bytes at p were read. */
static void advance(
	struct tail *t, const struct tail_reader *r, const char *p, size_t n)
{
	if (t->head_len < TAIL_PRINT && (int64_t)t->head_len == t->offset) {
		size_t more = TAIL_PRINT - t->head_len;

		if (more > n)
			more = n;
		memcpy(t->head + t->head_len, p, more);
		t->head_len += more;
	}
	t->offset += (int64_t)n;
	r->stats->bytes += n;
}

/* buf begins with the before_len bytes that are known already. False if there
 * was enough before its end. */
static bool take(struct tail *t, const struct tail_reader *r, size_t got)
{
	const char *from = r->buf + t->before_len, *p = from;
	const char *end = r->buf + got;
	bool whole;

	if (t->skip_nuls)
		p = skip_nuls(t, p, end);
	p = split(t, r, p, end);
	whole = p == end || !is_enough(r);
	if (!whole)
		end = p;
	advance(t, r, from, (size_t)(end - from));
	if (!line_pending(t)) {
		size_t before = (size_t)(p - r->buf);

		if (before > TAIL_PRINT)
			before = TAIL_PRINT;
		t->line_start = t->offset - (end - p);
		if (p < end) {
			t->line_before = before;
			t->line_print = tail_print(p - before, before);
		}
	}
	if (p < end && !t->skip_line)
		held_add(t, p, (size_t)(end - p));
	got = (size_t)(end - r->buf);
	t->before_len = got < TAIL_PRINT ? got : TAIL_PRINT;
	memcpy(t->before, end - t->before_len, t->before_len);
	t->last_data = clock_mono();
	return whole;
}

int tail_read(struct tail *t, const struct tail_reader *r, size_t max)
{
	size_t want = r->size;
	ssize_t got;

	if (max < want - t->before_len)
		want = max + t->before_len;
	if (t->skip_nuls && t->offset == 0) {
		off_t data = lseek(t->fd, 0, SEEK_DATA);

		if (data > 0)
			t->offset = t->line_start = data;
	}
	got = read_at(t->fd, r->buf, want, t->offset - (int64_t)t->before_len);
	if (got < 0)
		return (int)got;
	if ((size_t)got < t->before_len ||
		memcmp(r->buf, t->before, t->before_len) != 0)
		return TAIL_TRUNCATED;
	if ((size_t)got > t->before_len && !take(t, r, (size_t)got))
		return TAIL_MORE;
	return (size_t)got < want ? TAIL_END : TAIL_MORE;
}

bool tail_is_intact(const struct tail *t)
{
	return tail_print_fits(t->fd, t->offset, t->before_len,
		tail_print(t->before, t->before_len));
}

void tail_restart(struct tail *t)
{
	struct stat st;

	t->unread_since = fstat(t->fd, &st) < 0 ? 0 : modified(&st);
	t->offset = t->line_start = 0;
	t->before_len = t->head_len = t->line_before = 0;
	t->line_print = tail_print(NULL, 0);
	t->skip_nuls = true;
}

void tail_flush(struct tail *t, const struct tail_reader *r)
{
	if (t->held_len && !t->skip_line)
		hand_on_held(t, r);
	held_clear(t);
}

void tail_pass_on(struct tail *from, struct tail *to)
{
	to->held = from->held;
	to->held_len = from->held_len;
	to->held_room = from->held_room;
	to->cut_short = from->cut_short;
	to->skip_line = from->skip_line;
	from->held = NULL;
	from->held_len = from->held_room = 0;
	from->cut_short = from->skip_line = false;
}
