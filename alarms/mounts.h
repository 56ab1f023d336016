/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_MOUNTS_H
#define MAILBAN_ALARMS_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kernel's list of mounts as it is at one moment. */
struct mounts;

/*
 * Reads it anew from its beginning. fd is /proc/self/mountinfo, open; a list
 * that cannot be read is one that tells nothing. Never NULL; for mounts_free.
 */
struct mounts *mounts_new(int fd);
void mounts_free(struct mounts **mounts);

/*
 * Whether the file system of that device (st_dev) takes no writes from
 * anybody. False if nothing there says so (proc_pid_mountinfo(5)).
 */
bool mounts_read_only(const struct mounts *mounts, uint64_t device);

/*
 * Where the file system of that device is mounted that path lies on: above
 * path, or, where a link leads there, the only place that it has. False, and ""
 * in point, if that is not to be told.
 */
bool mounts_point(const struct mounts *mounts, uint64_t device,
	const char *path, char *point, size_t room);

/* There is a list, and nothing in it is mounted there. */
bool mounts_is_gone(const struct mounts *mounts, const char *point);

#endif
