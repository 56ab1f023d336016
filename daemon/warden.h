/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_WARDEN_H
#define MAILBAN_DAEMON_WARDEN_H

/* What the warden refuses whatever it is asked. */
#define WARDEN_V4_LEAST 8  /* bits of an IPv4 prefix */
#define WARDEN_V6_LEAST 16 /* and of an IPv6 one */
#define WARDEN_ALLOW_MOST 65536u

/* Exit statuses of the program. */
#define WARDEN_END 0   /* the engine is gone or has said so */
#define WARDEN_FAULT 1 /* the environment */
#define WARDEN_USAGE 2
#define WARDEN_VIOLATION 3 /* what came was no request */

/*
 * Serves requests (daemon/request.h) on the SOCK_SEQPACKET socket fd until its
 * end; returns the status to exit with. The kernel's sets stay as they are,
 * unless a QUIT asked for the flush.
 */
int warden_run(int fd);

#endif
