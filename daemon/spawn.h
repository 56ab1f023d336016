/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_SPAWN_H
#define MAILBAN_DAEMON_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * The programs of ours that keep a capability, begun by mailband as
 *
 *	NAME UID GID confined|open
 *
 * with one end of a socket (SOCK_SEQPACKET) on this descriptor, stderr, and no
 * other; see born.h for their side.
 */
#define SPAWN_FD 3
#define SPAWN_CONFINED "confined"
#define SPAWN_OPEN "open"

/*
 * Starts the program, found beside the running one or else in
 * /usr/lib/mailban, to become this user and group, confined: in its sandbox.
 * 0, *fd our end of its socket (close-on-exec; each way holds buffer bytes,
 * where that is allowed) and *pid the child, which ends when fd is closed; or
 * -errno (-ENOENT: no such program).
 */
int spawn_program(const char *name, uid_t uid, gid_t gid, bool confined,
	int buffer, int *fd, pid_t *pid);

#endif
