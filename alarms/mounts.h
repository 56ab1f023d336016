/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_MOUNTS_H
#define MAILBAN_ALARMS_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether the file system of that device (st_dev) takes no writes from
 * anybody. fd is /proc/self/mountinfo, open; it is read from its beginning.
 * False if nothing there says so (proc_pid_mountinfo(5)).
 */
bool mounts_read_only(int fd, uint64_t device);

#endif
