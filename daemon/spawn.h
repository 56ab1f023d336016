/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_SPAWN_H
#define MAILBAN_DAEMON_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Processes that work for the engine. Each is born with one end of a socket
 * (SOCK_SEQPACKET) on this descriptor, what is on the three before it, and no
 * other; no signal is blocked, those for the whole group are ignored. It is to
 * end when the engine's end of the socket is closed.
 */
#define SPAWN_FD 3

/* What a child does; it does not return. */
typedef void spawn_fn(void *ctx);

/*
 * Forks a child that does be(ctx) with the memory that there is. 0, *fd our end
 * of its socket (close-on-exec; each way holds buffer bytes, where that is
 * allowed; 0: the usual) and *pid the child; or -errno.
 */
int spawn_child(spawn_fn *be, void *ctx, int buffer, int *fd, pid_t *pid);

/*
 * The programs of ours that keep a capability, begun by mailband as
 *
 *	NAME UID GID confined|open
 *
 * See born.h for their side.
 */
#define SPAWN_CONFINED "confined"
#define SPAWN_OPEN "open"

/*
 * Starts the program, found beside the running one or else in
 * /usr/lib/mailban, to become this user and group, confined: in its sandbox.
 * As spawn_child(); -ENOENT: no such program.
 */
int spawn_program(const char *name, uid_t uid, gid_t gid, bool confined,
	int buffer, int *fd, pid_t *pid);

#endif
