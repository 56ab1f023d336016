/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The eye on what others do to the ruleset. It never tells what they did: the
 * notices are not read, they only wake. A flood of them costs one look, as
 * the listening ends with the first.
 */
#include "nft/watch.h"

#include <errno.h>
#include <stdlib.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "lib/clock.h"
#include "nft/socket.h"

/* So long without a change, then the notices are listened to. */
#define QUIET (100 * CLOCK_MILLISECOND)

struct watch {
	struct nft_socket *s;
	struct mnl_socket *notices;
	bool listening;
	int64_t looked, busy; /* monotonic */
	uint32_t foreign;
};

int watch_open(struct watch **out, struct nft_socket *s)
{
	struct watch *w = calloc(1, sizeof(*w));
	int rc;

	*out = NULL;
	if (!w)
		return -ENOMEM;
	w->s = s;
	w->busy = clock_mono();
	w->notices = mnl_socket_open2(
		NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!w->notices ||
		mnl_socket_bind(w->notices, 0, MNL_SOCKET_AUTOPID) < 0)
		rc = -errno;
	else
		rc = nft_socket_look(s, &w->foreign);
	if (rc < 0)
		watch_close(&w);
	*out = w;
	return rc;
}

void watch_close(struct watch **w)
{
	if (*w && (*w)->notices)
		mnl_socket_close((*w)->notices);
	free(*w);
	*w = NULL;
}

/* True if a notice was there; what there are is read away. */
static bool notices_drop(struct watch *w)
{
	int fd = mnl_socket_get_fd(w->notices);
	bool some = false;
	char byte;

	/* They may be lost (ENOBUFS), which tells as much. */
	while (recv(fd, &byte, sizeof(byte), 0) >= 0 || errno == ENOBUFS)
		some = true;
	return some;
}

/* nft monitor; where that fails the generation is looked at for ever. */
static void listen_from_now(struct watch *w)
{
	unsigned int group = NFNLGRP_NFTABLES;

	notices_drop(w);
	w->listening = mnl_socket_setsockopt(w->notices, NETLINK_ADD_MEMBERSHIP,
			       &group, sizeof(group)) == 0;
}

void watch_busy(struct watch *w)
{
	unsigned int group = NFNLGRP_NFTABLES;

	if (w->listening)
		mnl_socket_setsockopt(w->notices, NETLINK_DROP_MEMBERSHIP,
			&group, sizeof(group));
	w->listening = false;
	w->busy = clock_mono();
}

int watch_fd(const struct watch *w)
{
	return w->listening ? mnl_socket_get_fd(w->notices) : -1;
}

int watch_timeout(const struct watch *w)
{
	return w->listening ? -1 : (int)(WATCH_LOOK_EVERY / CLOCK_MILLISECOND);
}

bool watch_changed(struct watch *w)
{
	int64_t now = clock_mono();
	uint32_t before = w->foreign;

	if (w->listening ? !notices_drop(w)
			 : now - w->looked < WATCH_LOOK_EVERY)
		return false;
	w->looked = now;
	if (w->listening)
		watch_busy(w);
	else if (now - w->busy >= QUIET)
		/* Before the look, so that nothing falls between the two. */
		listen_from_now(w);
	return nft_socket_look(w->s, &w->foreign) == 0 && w->foreign != before;
}
