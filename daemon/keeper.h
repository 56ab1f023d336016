/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_KEEPER_H
#define MAILBAN_DAEMON_KEEPER_H

#include <stddef.h>

/* A worker's status that asks for another one, for what waits in the socket. */
#define KEEPER_AGAIN 64

/*
 * Stays, and starts a worker when there is something to read from the
 * SOCK_SEQPACKET socket fd: a child that calls work(ctx), and exits with what
 * that returns. When something killed it, the n bytes of lost are sent, what it
 * had not read is dropped, and the next message has another one started. A
 * worker that ended by itself ends this with its status; so does the end of the
 * other side, with 0.
 */
typedef int (*keeper_fn)(void *ctx);
_Noreturn void keeper_run(
	int fd, const void *lost, size_t n, keeper_fn work, void *ctx);

#endif
