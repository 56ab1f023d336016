/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_WARDEN_SPAWN_H
#define MAILBAN_DAEMON_WARDEN_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

/* Where the warden finds its end of the socket to the engine. */
#define WARDEN_FD 3
/* The last word of its command. */
#define WARDEN_CONFINED "confined"
#define WARDEN_OPEN "open"

/*
 * Starts mailban-warden, found beside the running program or else in
 * /usr/lib/mailban, as this user and group, confined: in its sandbox. 0, *fd
 * our end of its socket (close-on-exec) and *pid the child, which ends when fd
 * is closed; or -errno
 * (-ENOENT: no such program).
 */
int warden_spawn(uid_t uid, gid_t gid, bool confined, int *fd, pid_t *pid);

#endif
