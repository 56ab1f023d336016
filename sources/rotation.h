/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_ROTATION_H
#define MAILBAN_SOURCES_ROTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tail;

/* So many files are read for one path at a time: the one there is and those
 * that were rotated away from it. */
#define FILE_PARTS 16
/* The beginnings of so many files that are done are remembered. */
#define FILE_DONE 16

/* The first bytes of a log tell it from the one before. */
struct file_head {
	uint32_t n; /* bytes, at most TAIL_PRINT; fewer only if that is all */
	uint64_t print;
};

/* A place in a file: its inode, and what stands before the place. With
 * nothing before it, before is the tail's unread_since. */
struct file_position {
	uint64_t dev, ino;
	int64_t offset;
	uint32_t before_n;
	uint64_t before;
	struct file_head head;
};

/* Where the reading of one path stands: the oldest file first. */
struct file_positions {
	bool none; /* there was no file yet */
	size_t n, n_done;
	struct file_position at[FILE_PARTS];
	struct file_head done[FILE_DONE];
};

/* Room for the text of any positions, NUL included. */
#define FILE_POSITION_TEXT 3072

/* Writes one line of printable text; 0, or -ENOSPC. */
int file_positions_format(const struct file_positions *p, char *buf, size_t n);
/* 0, or -EINVAL if it is no such text; *p is then empty. */
int file_positions_parse(const char *text, struct file_positions *p);

struct file_position file_position_of(const struct tail *t);
/* The bytes before the place and at the beginning are those in fd. */
bool file_position_fits(const struct file_position *p, int fd);
struct file_head file_head_of(const struct tail *t);
struct file_head file_head_now(int fd);

/* A file beside the log, by its name made from it, and not compressed. */
struct sibling {
	char *path;
	uint64_t dev, ino;
	int64_t size, modified, born; /* ns; born is 0 if not known */
	bool rotated; /* the name is the log's with a number or a date */
	long number;  /* of .1, .2; else 0 */
};

struct siblings {
	struct sibling *at;
	size_t n;
};

/* By its name: compressed; made from that of the log by logrotate. */
bool file_name_is_compressed(const char *name);
bool file_name_is_rotated(const char *log, const char *name);

/* Those of path that are regular files, by the time they were last written;
 * free with siblings_free. None if the directory cannot be read. */
struct siblings siblings_list(const char *path);
void siblings_free(struct siblings *s);
/* Opens it if it is still the same inode; a descriptor, or -errno. */
int sibling_open(const struct sibling *s);
/* What siblings_list says about an open file; path is NULL. */
struct sibling sibling_of(int fd);
/* True if the log in b was begun after that in a. */
bool sibling_follows(const struct sibling *a, const struct sibling *b);
/* True if fd begins with that head and is not longer, if that is short. */
bool file_head_fits(const struct file_head *head, int fd);

#endif
