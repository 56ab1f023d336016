/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_SYSLOG_H
#define MAILBAN_SOURCES_SYSLOG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sources/source.h"

/*
 * A socket that syslog messages come to, a datagram each: what journald
 * forwards with ForwardToSyslog=yes, or what another syslog daemon sends to a
 * unix socket. Datagrams wait in the kernel for as long as somebody has the
 * socket open, at most net.unix.max_dgram_qlen of them; then whoever sends
 * waits, or, as journald, drops.
 */
struct syslog_socket;

struct syslog_stats {
	uint64_t lines;
	uint64_t cut;  /* datagrams longer than SOURCE_LINE_MOST */
	uint64_t full; /* times that no other datagram had room when it read */
};

/*
 * A new socket of that name, that only its owner and root may send to; one that
 * lies there is replaced. The descriptor, or -errno.
 */
int syslog_bind(const char *path);
/* Is it a unix datagram socket with a name in the file system? */
bool syslog_is_one(int fd);

/* Takes fd, which syslog_free closes; on an error it stays. 0 or -errno. */
int syslog_new(struct syslog_socket **out, int fd);
void syslog_free(struct syslog_socket **socket);
int syslog_fd(const struct syslog_socket *socket);
const char *syslog_path(const struct syslog_socket *socket);
/* Does what is sent to that path come here? Not once it is another's. */
bool syslog_is_reached(const struct syslog_socket *socket);

/*
 * Hands on at most `most` datagrams as lines: the body is "host program[pid]:
 * message", as of the journal; host is this one's own where the message has
 * none. Newlines and NULs at the end are dropped, newlines within are blanks,
 * so that no message can look like a line of its own. The time is the
 * kernel's, of the sending: what the message says of it nobody has checked.
 * Understood are RFC 3164, with a host or without, and RFC 5424. How many
 * datagrams there were; fewer than `most`: there is no more for now.
 */
int syslog_read(struct syslog_socket *socket, source_line_fn fn, void *ctx,
	unsigned int most);
/* Within fn: this line is the last of the read; there may be more. */
void syslog_enough(struct syslog_socket *socket);
/*
 * Within fn: whose process sent it, in the kernel's word, or in that of a root
 * that sent it for another, as journald does (unix(7), SCM_CREDENTIALS).
 * (uid_t)-1: it is not known.
 */
uid_t syslog_uid(const struct syslog_socket *socket);

const struct syslog_stats *syslog_stats(const struct syslog_socket *socket);

#endif
