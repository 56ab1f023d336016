/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_SERVE_H
#define MAILBAN_CLI_SERVE_H

#include <stddef.h>

/* The page to answer with, to be freed, and its length in bytes; NULL if there
 * is none now. It may take its time: whoever asked is not charged for it. */
typedef char *(*serve_fn)(void *ctx, size_t *n);

/*
 * Answers GET /metrics of HTTP/1.0 and 1.1 (RFC 9110) on the one listening
 * socket that systemd gave (sd_listen_fds(3)), until nobody asked for
 * SERVE_IDLE. 0, or -1 and told if there is no such socket.
 */
int serve_run(serve_fn page, void *ctx);

#define SERVE_IDLE 60	   /* seconds */
#define SERVE_CLIENTS 16   /* at a time; one more makes one go */
#define SERVE_REQUEST 4096 /* bytes of a request */
#define SERVE_TIME 5	   /* seconds to ask, and again to be answered */

#endif
