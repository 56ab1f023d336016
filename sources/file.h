/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_FILE_H
#define MAILBAN_SOURCES_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sources/rotation.h"
#include "sources/source.h"
#include "sources/tail.h"
#include "sources/watch.h"

/*
 * One log file, followed by its path through all that logrotate does:
 * rename and create, copytruncate, a file or directory that is not there
 * yet. Each line that was written is handed on once.
 */
struct file_source;

/* Where to begin in a file that no position is known of. */
enum file_start { FILE_START_BEGIN, FILE_START_END };

enum file_state {
	FILE_FOLLOWED,
	FILE_MISSING, /* not there yet, or not any more */
	FILE_DENIED,  /* no right to read it; tried again */
	FILE_REFUSED, /* a directory, a device, a pipe */
};

/*
 * Follows path, which is absolute. position is what file_source_position
 * wrote when this path was last read, or NULL: then a file that is there now
 * is begun as start says, and one that comes later at its beginning. 0 or
 * -ENOMEM; any fault of the file is a state.
 */
int file_source_new(struct file_watch *w, const char *path,
	enum file_start start, const char *position, struct file_source **out);
void file_source_free(struct file_source **src);

/* The next source that has something to read, in turns; NULL if none has, and
 * then it begins with the one that was made first. */
struct file_source *file_watch_next(struct file_watch *w);
/*
 * Reads about max bytes at most (at least one line if there is one in the
 * buffer's size) and hands on what lines are complete. Returns 1 if there is
 * more to come, 0 at the end.
 */
int file_source_read(
	struct file_source *src, source_line_fn fn, void *ctx, size_t max);
/* Within fn: this line is the last of the read, whatever is left of max. */
void file_source_enough(struct file_source *src);

/*
 * Writes where the next line begins, to be given to file_source_new: room
 * for FILE_POSITION_TEXT bytes.
 */
void file_source_position(
	const struct file_source *src, char buf[FILE_POSITION_TEXT]);

const char *file_source_path(const struct file_source *src);
enum file_state file_source_state(const struct file_source *src);
const struct file_stats *file_source_stats(const struct file_source *src);
/* Bytes that are written and not read yet. */
int64_t file_source_lag(const struct file_source *src);

#endif
