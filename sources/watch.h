/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_WATCH_H
#define MAILBAN_SOURCES_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One inotify(7) descriptor for all the log files. Who wants to hear of a
 * file or a directory puts a struct watch_user into it.
 */
struct file_watch;
struct watch_user;

/* What happened at the watch wd (-1: events were lost, look at all you
 * have); name is of the file in a watched directory, else NULL. */
typedef void (*watch_event_fn)(
	struct watch_user *user, int wd, uint32_t mask, const char *name);
typedef void (*watch_tick_fn)(struct watch_user *user);

struct watch_user {
	watch_event_fn event;
	watch_tick_fn tick;
};

/* NULL with errno if the kernel has no inotify descriptor left. */
struct file_watch *file_watch_new(void);
/* All sources and globs in it must be gone. */
void file_watch_free(struct file_watch **w);

/* Readable when file_watch_process has something to do. */
int file_watch_fd(const struct file_watch *w);
/* Takes what inotify has to say and tells the users; reads no log. Returns 0,
 * or -errno. */
int file_watch_process(struct file_watch *w);
/*
 * To be called about once a second: tries again what could not be opened,
 * lets go of rotated files, and finds what inotify cannot tell.
 */
void file_watch_tick(struct file_watch *w);
/* How often the kernel's queue ran over. */
uint64_t file_watch_overflows(const struct file_watch *w);

/* For users: in and out; 0 or -ENOMEM. */
int watch_join(struct file_watch *w, struct watch_user *user);
void watch_leave(struct file_watch *w, struct watch_user *user);
/* The user after the one that this gave last, NULL if there is none at all. */
struct watch_user *watch_turn(struct file_watch *w);
/* The first user's turn is next. */
void watch_turn_first(struct file_watch *w);
size_t watch_users(const struct file_watch *w);

/*
 * Watches of an inode, counted: -errno or the wd. A directory tells what
 * comes, goes and changes its rights; a file that it was written.
 */
int watch_directory(struct file_watch *w, const char *path);
int watch_file(struct file_watch *w, const char *path);
/* Gives one back and sets it to -1; -1 is allowed. */
void watch_drop(struct file_watch *w, int *wd);

/* Where files are read to, one at a time. */
#define WATCH_BUFFER (128 * 1024)
char *watch_buffer(struct file_watch *w);

#endif
