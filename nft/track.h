/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_NFT_TRACK_H
#define MAILBAN_NFT_TRACK_H

struct diag_connection;

/* A netlink socket to the connection tracking of this network namespace. */
struct track;

/*
 * 0 or -errno; -ENOENT where the kernel tracks nothing: it is asked so that
 * nothing is loaded by the question. To be opened while /sys or /proc can be
 * looked at.
 */
int track_open(struct track **out);
void track_close(struct track **t);

/* Forgets a TCP connection of this host. 0, also if it was not tracked, or
 * -errno. */
int track_delete(struct track *t, const struct diag_connection *c);

#endif
