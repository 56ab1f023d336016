/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log from its beginning to its end, by portions of whole lines. A plain
 * file is read straight to where its lines are looked at; zlib tells by itself
 * whether anything else is compressed. A damaged one is told of, and never
 * taken for whole.
 */
#include "sources/portion.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

struct portions {
	int fd;
	gzFile zipped; /* reads fd; NULL: it is plain */
	bool ended;
	bool skip; /* up to the next newline: the line was too long */
	size_t held;
	char rest[PORTION_READ]; /* of a line that has no end yet, so much */
};

/* What stands behind the last newline is kept. */
_Static_assert(PORTION_READ <= SOURCE_LINE_MOST, "a rest is no whole line");

static void tell(char *why, size_t room, const char *text)
{
	snprintf(why, room, "%s", text);
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

struct portions *portions_open(const char *path, char *why, size_t room)
{
	struct portions *p = calloc(1, sizeof(*p));
	struct stat st;

	if (!p)
		abort();
	p->fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO)
				       : open(path, O_RDONLY | O_CLOEXEC);
	if (p->fd < 0)
		goto fault;
	if (fstat(p->fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		goto fault;
	}
	if (is_plain(p->fd))
		return p;
	p->zipped = gzdopen(p->fd, "rb");
	if (!p->zipped)
		goto fault;
	gzbuffer(p->zipped, PORTION_READ);
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
	if (p->zipped)
		gzclose(p->zipped);
	else if (p->fd >= 0)
		close(p->fd);
	free(p);
	*portions = NULL;
}

/* How many bytes; 0 at the end, -1 when told what is wrong. */
static ssize_t read_zipped(struct portions *p, char *to, char *why, size_t room)
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

static ssize_t read_some(struct portions *p, char *to, char *why, size_t room)
{
	ssize_t got;

	if (p->zipped)
		return read_zipped(p, to, why, room);
	do
		got = read(p->fd, to, PORTION_READ);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		tell(why, room, strerror(errno));
	return got;
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

bool portions_next(struct portions *p, char *buf, struct portion *out,
	char *why, size_t room)
{
	size_t n = p->held, fresh;
	ssize_t got;

	*why = '\0';
	*out = (struct portion){.text = buf};
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
