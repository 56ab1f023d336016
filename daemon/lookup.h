/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_LOOKUP_H
#define MAILBAN_DAEMON_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/addr.h"

/*
 * The process that asks for the addresses of names, as long as that may take,
 * and what goes to it and comes from it: one of these a message.
 */
#define LOOKUP_NAME 254 /* with its NUL; a host's name has 253 at most */
/* A name has as many addresses as its owner likes: more are left out. */
#define LOOKUP_ADDRESSES 8
/* Names that are asked for at the same time. */
#define LOOKUP_THREADS 8

struct lookup_request {
	uint32_t id;
	char name[LOOKUP_NAME];
};

struct lookup_reply {
	uint32_t id;
	uint16_t n;
	uint16_t brief; /* no answer for now: worth asking again soon */
	struct addr addresses[LOOKUP_ADDRESSES];
};

/*
 * Starts it as this user, without a capability, with no descriptor but its end
 * of *fd (SOCK_SEQPACKET) and stderr; confined: in a sandbox.
 * It looks names up in a process below it, begun with the first question; when
 * that one dies it says so by a reply with the id 0, all questions before it
 * are lost, and with the next question there is another. It ends when *fd is
 * closed. 0 or -errno.
 */
int lookup_spawn(uid_t uid, gid_t gid, bool confined, int *fd, pid_t *pid);

#endif
