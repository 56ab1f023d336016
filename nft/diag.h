/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_NFT_DIAG_H
#define MAILBAN_NFT_DIAG_H

#include <stddef.h>
#include <stdint.h>

#include <linux/inet_diag.h>

#include "lib/addr.h"

/* A netlink socket to the TCP connections of this network namespace. */
struct diag;

/* A connection of this host; v4-mapped ones are IPv4's here. */
struct diag_connection {
	struct addr local, remote;
	uint16_t local_port, remote_port;
	uint8_t family; /* of the socket: AF_INET or AF_INET6 */
	struct inet_diag_sockid id;
};

/* So many prefixes the kernel looks for itself; of more it is not told. */
#define DIAG_FILTER_MOST 64u

/* 0 or -errno. */
int diag_open(struct diag **out);
void diag_close(struct diag **d);

/*
 * Calls fn for each open TCP connection (from SYN received to the last ACK)
 * whose peer is in one of the n prefixes; with more than DIAG_FILTER_MOST of
 * them for every connection. fn returns 0, or -errno to end it. 0 or -errno:
 * -ENOENT means that the kernel has no tcp_diag.
 */
typedef int (*diag_fn)(const struct diag_connection *c, void *context);
int diag_find(struct diag *d, const struct prefix *peers, size_t n, diag_fn fn,
	void *context);
/*
 * Ends a connection at once: its process reads ECONNABORTED, the peer gets a
 * reset (ss -K). 0; -ENOENT: it is gone already; -EOPNOTSUPP: the kernel is
 * built without CONFIG_INET_DIAG_DESTROY; other -errno.
 */
int diag_destroy(struct diag *d, const struct diag_connection *c);

#endif
