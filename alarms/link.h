/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_LINK_H
#define MAILBAN_ALARMS_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * A connection to a server that may be broken or hostile: lines over TCP, in
 * the clear or by TLS. Nothing here ever waits; -EAGAIN says that link_events()
 * has to come first. The other errors end the connection:
 *   -ENODATA   the server closed it
 *   -EMSGSIZE  a line longer than LINK_LINE, or more than LINK_MOST in all
 *   -EBADMSG   a line with a NUL in it
 *   -EPROTO    TLS failed; link_tls_fault() says how
 *   others     as connect(2), send(2) and recv(2) have them
 */
struct link;

/* Bytes: of a line without its end (RFC 5321 has 510 at most, servers differ),
 * and of all that a server may say, TLS and its certificates included. */
#define LINK_LINE 2048
#define LINK_MOST (256 * 1024)

/* Begins to connect; NULL and errno. */
struct link *link_open(const struct sockaddr *to, socklen_t n);
void link_close(struct link **link);

int link_fd(const struct link *link);
/* What to poll(2) for before the call that said -EAGAIN is made again. */
short link_events(const struct link *link);
/* 0 once the connection stands; to be called when it is writable. */
int link_connect(struct link *link);

/*
 * The next line, without its end, NUL at its end; it lasts until the next
 * call. Its length, or an error.
 */
int link_line(struct link *link, const char **line);
/* Takes n bytes to send, at most LINK_OUT that were not sent yet. 0, or an
 * error; with -EAGAIN, link_flush() is to be called. */
#define LINK_OUT 512
int link_send(struct link *link, const char *bytes, size_t n);
int link_flush(struct link *link);
/* Whether there is more than was asked for: bytes behind the last line. */
bool link_has_more(const struct link *link);

/*
 * Puts TLS over the connection: to be called until it no longer says -EAGAIN.
 * name (or NULL) is sent as the server's (RFC 6066, 3). No certificate is
 * refused: the probe tells how long it lasts, not whom it belongs to.
 */
int link_tls(struct link *link, const char *name);
bool link_is_tls(const struct link *link);
/* When the server's own certificate ends, in seconds since 1970; 0 if none
 * was seen. */
int64_t link_certificate_end(const struct link *link);
/* Why TLS failed; lasts. */
const char *link_tls_fault(const struct link *link);

#endif
