/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_KEEPER_H
#define MAILBAN_DAEMON_KEEPER_H

#include <stddef.h>

/* A worker's status that asks for another one, for what waits in the socket. */
#define KEEPER_AGAIN 64

struct keeper_worker {
	int (*work)(void *ctx);	 /* what it exits with */
	void (*bury)(void *ctx); /* or NULL: after one that was killed */
	void *ctx;
};

/*
 * Stays, and starts a worker when there is something to read from the
 * SOCK_SEQPACKET socket fd: a child that calls work(ctx). When something killed
 * it, bury(ctx) is called here, the n bytes of lost are sent, what it had not
 * read is dropped, and the next message has another one started. A worker that
 * ended by itself ends this with its status; so does the end of the other side,
 * with 0. Orphans of a worker may become children of this one.
 */
_Noreturn void keeper_run(
	int fd, const void *lost, size_t n, const struct keeper_worker *worker);

#endif
