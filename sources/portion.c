/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log from its beginning to its end, by portions of whole lines. Of a plain
 * file each portion is a place in it, which needs nothing of the others and is
 * read by whoever looks at its lines; it goes as far as the file did when it
 * was opened. Anything else comes in its order, and zlib tells by itself
 * whether it is compressed. What is damaged, or gone before it was read, is
 * told of, and never taken for whole.
 */
#include "sources/portion.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <zlib.h>

struct portions {
	int fd;
	gzFile zipped;	  /* reads fd; NULL: it is plain */
	off_t begin, end; /* of what is plain */
	off_t at;	  /* the next portion of that */
	bool ended;
	bool skip; /* up to the next newline: the line was too long */
	size_t held;
	char rest[PORTION_READ]; /* of a line that has no end yet, so much */
};

/* What stands behind the last newline is kept. */
_Static_assert(PORTION_READ <= SOURCE_LINE_MOST, "a rest is no whole line");

/* zlib keeps what it unpacked last at each stop: the fewer, the better. */
#define ZIPPED_READ (128 * 1024)

/* A line that begins in a portion mostly ends so soon behind it; if not, so
 * much more is read at a time. */
#define AHEAD 512
#define AHEAD_MORE 4096

static void tell(char *why, size_t room, const char *text)
{
	snprintf(why, room, "%s", text);
}

/* A file that does not begin as gzip(1) has it, and is as long as it says; of
 * a pipe nobody knows. */
static bool is_plain(struct portions *p, const struct stat *st)
{
	unsigned char magic[2];

	p->begin = p->at = lseek(p->fd, 0, SEEK_CUR);
	p->end = st->st_size;
	return p->begin >= 0 && S_ISREG(st->st_mode) && st->st_size > 0 &&
	       !(pread(p->fd, magic, 2, p->begin) == 2 && magic[0] == 0x1f &&
		       magic[1] == 0x8b);
}

/* What never ends, or is no text: a disk, a device. Nothing, a terminal are. */
static bool is_device(int fd, const struct stat *st)
{
	return S_ISBLK(st->st_mode) ||
	       (S_ISCHR(st->st_mode) && st->st_rdev != makedev(1, 3) &&
		       !isatty(fd));
}

struct portions *portions_open(const char *path, char *why, size_t room)
{
	struct portions *p = calloc(1, sizeof(*p));
	struct stat st;

	if (!p)
		abort();
	*why = '\0';
	p->fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO)
				       : open(path, O_RDONLY | O_CLOEXEC);
	if (p->fd < 0 || fstat(p->fd, &st) != 0)
		goto fault;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		goto fault;
	}
	if (is_device(p->fd, &st)) {
		tell(why, room, "a device, and no log");
		portions_close(&p);
		return NULL;
	}
	if (is_plain(p, &st))
		return p;
	p->zipped = gzdopen(p->fd, "rb");
	if (!p->zipped)
		goto fault;
	gzbuffer(p->zipped, ZIPPED_READ);
	return p;
fault:
	tell(why, room, strerror(errno));
	portions_close(&p);
	return NULL;
}

void portions_close(struct portions **portions)
{
	struct portions *p = *portions;

	if (!p)
		return;
	if (p->zipped) {
		gzclose(p->zipped);
	} else if (p->fd >= 0) {
		/* Whoever shares standard input goes on behind it. */
		lseek(p->fd, p->end, SEEK_SET);
		close(p->fd);
	}
	free(p);
	*portions = NULL;
}

/* How many bytes; 0 at the end, -1 when told what is wrong. */
static ssize_t read_some(struct portions *p, char *to, char *why, size_t room)
{
	int got = gzread(p->zipped, to, PORTION_READ), code;

	if (got > 0)
		return got;
	gzerror(p->zipped, &code);
	if (code == Z_ERRNO)
		tell(why, room, strerror(errno));
	else if (code == Z_BUF_ERROR)
		tell(why, room, "the compressed data ends too early");
	else if (got < 0)
		tell(why, room, "the compressed data is damaged");
	else
		return 0;
	return -1;
}

/* What of n new bytes is of no line that was too long. */
static size_t without_skipped(struct portions *p, char *text, size_t n)
{
	const char *newline = p->skip ? memchr(text, '\n', n) : NULL;

	if (!p->skip)
		return n;
	if (!newline)
		return 0;
	p->skip = false;
	n -= (size_t)(newline + 1 - text);
	memmove(text, newline + 1, n);
	return n;
}

/* Of n bytes, of which those from fresh on may have newlines: whole lines, if
 * there are any. */
static bool cut_lines(
	struct portions *p, size_t fresh, size_t n, struct portion *out)
{
	const char *newline = memrchr(out->text + fresh, '\n', n - fresh);

	if (newline) {
		out->n = (size_t)(newline + 1 - out->text);
		p->held = n - out->n;
		memcpy(p->rest, newline + 1, p->held);
		return true;
	}
	if (n <= SOURCE_LINE_MOST)
		return false;
	out->n = SOURCE_LINE_MOST;
	out->cut = p->skip = true;
	return true;
}

/* The next place in a plain file. */
static bool next_place(struct portions *p, struct portion *out)
{
	off_t left = p->end - p->at;

	if (left <= 0)
		return false;
	out->at = p->at;
	out->fresh = left < PORTION_READ ? (size_t)left : PORTION_READ;
	p->at += (off_t)out->fresh;
	return true;
}

bool portions_next(struct portions *p, char *buf, struct portion *out,
	char *why, size_t room)
{
	size_t n = p->held, fresh;
	ssize_t got;

	*out = (struct portion){.text = buf};
	if (!p->zipped)
		return next_place(p, out);
	memcpy(buf, p->rest, n);
	p->held = 0;
	while (!p->ended && (got = read_some(p, buf + n, why, room)) > 0) {
		fresh = n;
		n += without_skipped(p, buf + n, (size_t)got);
		if (cut_lines(p, fresh, n, out))
			return true;
	}
	/* What ends without a newline is a line; what was cut off is none. */
	p->ended = true;
	out->n = *why ? 0 : n;
	return out->n > 0;
}

/* As many of n bytes as there are; -1 if they cannot be read. */
static ssize_t read_at(int fd, char *to, size_t n, off_t at)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = pread(fd, to + done, n - done, at + (off_t)done);

		if (got < 0 && errno != EINTR)
			return -1;
		if (got == 0)
			break;
		if (got > 0)
			done += (size_t)got;
	}
	return (ssize_t)done;
}

/*
 * Where the last line ends that begins in the portion, of which got bytes were
 * read; reads on for it. A line that begins right behind is the portion's too.
 */
static size_t find_end(
	const struct portions *p, const struct portion *out, size_t got)
{
	size_t most = out->fresh + SOURCE_LINE_MOST + 1, from = out->fresh;

	/* But for one that was not there when the file was opened. */
	from -= out->at + (off_t)out->fresh == p->end;
	while (got > from) {
		const char *newline =
			memchr(out->text + from, '\n', got - from);
		size_t more = most - got < AHEAD_MORE ? most - got : AHEAD_MORE;
		ssize_t n;

		if (newline)
			return (size_t)(newline + 1 - out->text);
		from = got;
		n = more ? read_at(p->fd, out->text + got, more,
				   out->at + (off_t)got)
			 : 0;
		got += n > 0 ? (size_t)n : 0;
	}
	return got;
}

void portion_read(const struct portions *p, struct portion *out)
{
	const char *newline;
	ssize_t got;
	size_t end;

	if (p->zipped)
		return;
	got = read_at(p->fd, out->text, out->fresh + AHEAD, out->at);
	out->error = got < 0 ? errno : 0;
	if (got < 0)
		return;
	out->gone = (size_t)got < out->fresh;
	if (out->gone) {
		/* What was cut off is no line. */
		out->fresh = (size_t)got;
		newline = memrchr(out->text, '\n', out->fresh);
		end = newline ? (size_t)(newline + 1 - out->text) : 0;
	} else {
		end = find_end(p, out, (size_t)got);
	}
	/* The line that it begins in is that of the one before. */
	if (out->at > p->begin) {
		newline = memchr(out->text, '\n', out->fresh);
		if (!newline)
			return;
		end -= (size_t)(newline + 1 - out->text);
		out->text += newline + 1 - out->text;
	}
	out->n = end;
}

bool portion_is_whole(const struct portion *portion, char *why, size_t room)
{
	if (portion->error)
		tell(why, room, strerror(portion->error));
	else if (portion->gone)
		snprintf(why, room,
			"truncated while it was read: nothing is there from "
			"byte %" PRIdMAX " on",
			(intmax_t)portion->at + (intmax_t)portion->fresh);
	return !portion->error && !portion->gone;
}

void portion_lines(struct portion_lines *lines, const struct portion *portion)
{
	lines->begin = lines->at = portion->text;
	lines->end = portion->text + portion->n;
	lines->cut = portion->cut;
	lines->found = lines->next = 0;
}

bool portion_lines_more(struct portion_lines *lines)
{
	size_t n = (size_t)(lines->end - lines->at);

	if (!n)
		return false;
	n = n < NEWLINES_BYTES ? n : NEWLINES_BYTES;
	lines->window = lines->at;
	lines->found = newlines_find(lines->at, n, lines->newlines);
	lines->next = 0;
	lines->at += n;
	return true;
}
