/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_NFT_WATCH_H
#define MAILBAN_NFT_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct nft_socket;

/*
 * Notices that others change the ruleset: at once, at no cost, by the
 * kernel's notices (nft monitor) while there is no change; within
 * WATCH_LOOK_EVERY by looking at the generation while there is, since the
 * notices would halve the rate at which elements go in.
 */
struct watch;

/* Microseconds. */
#define WATCH_LOOK_EVERY INT64_C(5000)

/* From now on: what was before is nobody's change. s must outlive it. 0 or
 * -errno. */
int watch_open(struct watch **out, struct nft_socket *s);
void watch_close(struct watch **w);
/* Something of our own is about to be committed: notices are not listened to
 * for a while. */
void watch_busy(struct watch *w);
/* What to poll for POLLIN, -1 for nothing; and how long at most, in
 * milliseconds, -1 for ever. Then watch_changed is to be called. */
int watch_fd(const struct watch *w);
int watch_timeout(const struct watch *w);
/* True once for each time that others were seen to have changed something. */
bool watch_changed(struct watch *w);

#endif
