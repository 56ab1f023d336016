/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_GLOB_H
#define MAILBAN_SOURCES_GLOB_H

#include <stdbool.h>
#include <stddef.h>

struct file_watch;

/*
 * A logpath as glob(7) understands it, with the files that come later. What
 * logrotate makes of a file that matches too is left out: a compressed one,
 * and mail.log.1 or mail.log-20261121 beside mail.log.
 */
struct file_glob;

typedef void (*file_glob_fn)(void *ctx, const char *path);

/* More files than this for one pattern are not followed. */
#define FILE_GLOB_MOST 1000

/* pattern is absolute. 0 or -ENOMEM. */
int file_glob_new(
	struct file_watch *w, const char *pattern, struct file_glob **out);
void file_glob_free(struct file_glob **g);

/* True if there may be files that were not told yet; at first always. */
bool file_glob_changed(const struct file_glob *g);
/*
 * Tells each path that was not told before, sorted at the first time. A
 * pattern with no wildcard is a path, told once though nothing be there.
 * Returns how many were told.
 */
size_t file_glob_scan(struct file_glob *g, file_glob_fn fn, void *ctx);

#endif
