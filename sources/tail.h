/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_TAIL_H
#define MAILBAN_SOURCES_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sources/source.h"

struct header_clock;

/* So many bytes tell one place in one log from any other. */
#define TAIL_PRINT 256

/* What is counted over the life of a source. */
struct file_stats {
	uint64_t lines, bytes;
	uint64_t cut; /* lines longer than SOURCE_LINE_MOST */
	uint64_t rotations, truncations;
};

/* One open log file and how far it was read. */
struct tail {
	int fd;
	int wd; /* its watch, -1 if there is none */
	dev_t dev;
	ino_t ino;
	int64_t offset;	    /* read so far */
	int64_t line_start; /* of the line whose end has not come, or offset */
	int64_t last_data;  /* when something was read, clock_mono() */
	int64_t unread_since;	 /* written last, ns, while offset was 0 */
	uint64_t line_print;	 /* of the bytes before line_start */
	size_t line_before;	 /* so many */
	char before[TAIL_PRINT]; /* the bytes before offset */
	char head[TAIL_PRINT];	 /* the first of the file */
	size_t before_len, head_len;
	char *held; /* the line so far */
	size_t held_len, held_room;
	bool cut_short; /* of held, bytes were dropped */
	bool skip_line; /* nothing counts up to the next newline */
	bool copy;	/* made by copytruncate: nobody writes to it */
	bool skip_nuls; /* nor NUL bytes up to the first other byte */
};

/* What a read has to know, and leaves behind. */
struct tail_reader {
	char *buf;
	size_t size;		    /* of buf, more than TAIL_PRINT */
	struct header_clock *clock; /* NULL: the header is not cut */
	struct file_stats *stats;
	source_line_fn fn;
	void *ctx;
	const bool *enough; /* NULL, or set by fn: no line more for now */
};

enum tail_end { TAIL_MORE, TAIL_END, TAIL_TRUNCATED };

/*
 * Takes over fd, open for reading, to be read from offset. 0, or -errno (fd
 * is then closed). mid_line: what is before the offset need not be the end of
 * a line; if it is none, the rest of that line is skipped.
 */
int tail_init(struct tail *t, int fd, int64_t offset, bool mid_line);
void tail_deinit(struct tail *t);

/*
 * Reads once, up to max bytes, and hands on the lines that are complete. What
 * stands behind the line at which there was enough counts as not read.
 * Returns an enum tail_end or -errno. TAIL_TRUNCATED: the bytes before the
 * offset are no longer what they were; nothing was read.
 */
int tail_read(struct tail *t, const struct tail_reader *r, size_t max);
/* False if a read would return TAIL_TRUNCATED. */
bool tail_is_intact(const struct tail *t);
/*
 * Starts over at the beginning, as after a truncation. The half of a line
 * that was read stays, and what comes next continues it: a writer that was
 * interrupted must not get the text in mid-line taken for a line's start.
 */
void tail_restart(struct tail *t);
/* Hands on a last line that never got its newline, if there is one. */
void tail_flush(struct tail *t, const struct tail_reader *r);
/* Gives the half line of one to another, of which nothing was read yet. */
void tail_pass_on(struct tail *from, struct tail *to);

/* The fingerprint of n bytes. */
uint64_t tail_print(const char *bytes, size_t n);
/* Those of the bytes before line_start, and of the first that were read; *n is
 * how many they are. */
uint64_t tail_print_before(const struct tail *t, size_t *n);
uint64_t tail_print_head(const struct tail *t, size_t *n);
/* True if the n bytes before that offset of fd have that print. */
bool tail_print_fits(int fd, int64_t offset, size_t n, uint64_t print);

#endif
