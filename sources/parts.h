/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_PARTS_H
#define MAILBAN_SOURCES_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "sources/rotation.h"
#include "sources/tail.h"

struct file_watch;

/*
 * The files that one path has named, the oldest first, the one it names now
 * last: those are read to their end, in this order.
 */
struct parts {
	struct file_watch *watch; /* not owned, as path and stats */
	const char *path;
	struct file_stats *stats;
	size_t n, n_done;
	struct tail at[FILE_PARTS];
	struct file_head done[FILE_DONE]; /* beginnings of those before */
};

void parts_init(struct parts *p, struct file_watch *watch, const char *path,
	struct file_stats *stats);
void parts_deinit(struct parts *p);

/*
 * Takes over fd as number at, to be read from offset (mid_line as of
 * tail_init). False if there is no room; fd is then closed.
 */
bool parts_insert(
	struct parts *p, size_t at, int fd, int64_t offset, bool mid_line);
/* True if that inode is a part; it is made the last. */
bool parts_make_last(struct parts *p, dev_t dev, ino_t ino);
/* The path names another file now: fd, which is taken over. False if there
 * is no room for it. */
bool parts_rotated(struct parts *p, int fd);
/*
 * Number at was cut off: it starts over, behind what the copy of it and later
 * copies have that was not read. Number at is then what is read next; false
 * if it is gone, and the one behind it has its number.
 */
bool parts_truncated(struct parts *p, size_t at);
/*
 * Takes up the files in which an earlier run stopped. fd is what the path
 * names, or -1; taken over. True if the path's file is among the parts.
 */
bool parts_resume(struct parts *p, const struct file_positions *from, int fd);
/*
 * To be called before number at is read: if nothing was read of it yet,
 * copytruncate may have been there first; what is in the copies is then
 * number at.
 */
void parts_begun(struct parts *p, size_t at);
/*
 * Number at was read to its end. If it is a copy that copytruncate made, what
 * it ends in goes on in the next, and it is gone: false.
 */
bool parts_ended(struct parts *p, size_t at);
/* Lets go of rotated files that are read and have been quiet. */
void parts_retire(struct parts *p, const struct tail_reader *r);
void parts_positions(const struct parts *p, struct file_positions *out);

#endif
