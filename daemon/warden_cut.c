/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The open connections of who was banned are ended, once the ban is in the
 * kernel: packets that are dropped would hold a process of smtpd or imap-login
 * until its own timeout. A burst of bans is one look at the connections, and
 * looking takes no more than a part of the warden's time. Who is allowed is
 * never cut off, whatever was banned before.
 */
#include "daemon/warden_state.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "nft/diag.h"
#include "nft/track.h"

/* One part of so many of the time is for looking at connections. */
#define SHARE 10
/* Connections that one look takes; there may be another. */
#define CONNECTIONS_MOST 65536u
#define LOOKS_MOST 16

struct found {
	struct warden *w;
	struct diag_connection *items;
	size_t n, room;
};

void warden_cut_init(struct warden *w)
{
	int rc = diag_open(&w->diag);

	if (rc < 0)
		log_warning("warden: open connections of who is banned cannot "
			    "be ended: %s",
			strerror(-rc));
	rc = track_open(&w->track);
	if (rc < 0 && rc != -ENOENT)
		log_warning("warden: connection tracking cannot be asked: %s",
			strerror(-rc));
}

void warden_cut_deinit(struct warden *w)
{
	diag_close(&w->diag);
	track_close(&w->track);
}

static bool takes_tcp(const struct layout_jail *jail)
{
	return jail->n_protocols == 0 ||
	       memchr(jail->protocols, IPPROTO_TCP, jail->n_protocols);
}

static bool has_port(const struct layout_jail *jail, uint16_t port)
{
	for (size_t i = 0; i < jail->n_ports; i++)
		if (port >= jail->ports[i].first && port <= jail->ports[i].last)
			return true;
	return jail->n_ports == 0;
}

void warden_cut_add(struct warden *w, uint32_t jail, const struct prefix *who)
{
	const struct layout_jail *j = &w->layout.jails[jail];

	if (!w->diag || !j->disconnect || !takes_tcp(j))
		return;
	if (w->n_cuts == WARDEN_CUTS)
		warden_cut_run(w);
	w->cuts[w->n_cuts++] = (struct warden_cut){.who = *who, .jail = jail};
}

/* Hosts first, in order, then prefixes. */
static int compare_cuts(const void *a, const void *b)
{
	const struct warden_cut *x = a, *y = b;
	bool xh = prefix_is_host(&x->who), yh = prefix_is_host(&y->who);

	return xh != yh ? yh - xh : addr_compare(&x->who.net, &y->who.net);
}

/* The first of the hosts that is not before this address. */
static size_t position(const struct warden *w, const struct addr *a)
{
	size_t low = 0, high = w->n_cuts;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (prefix_is_host(&w->cuts[mid].who) &&
			addr_compare(&w->cuts[mid].who.net, a) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_meant(const struct warden *w, const struct diag_connection *c)
{
	if (prefixset_has(&w->allow, &c->remote) ||
		prefixset_has(&w->special, &c->remote))
		return false;
	for (size_t i = position(w, &c->remote); i < w->n_cuts; i++) {
		const struct warden_cut *cut = &w->cuts[i];

		if (prefix_is_host(&cut->who)) {
			if (!addr_equal(&cut->who.net, &c->remote)) {
				i = w->first_net - 1;
				continue;
			}
		} else if (!prefix_contains(&cut->who, &c->remote)) {
			continue;
		}
		if (has_port(&w->layout.jails[cut->jail], c->local_port))
			return true;
	}
	return false;
}

static int take(const struct diag_connection *c, void *context)
{
	struct found *f = context;

	if (f->n == CONNECTIONS_MOST || !is_meant(f->w, c))
		return 0;
	if (f->n == f->room) {
		size_t room = f->room ? f->room * 2 : 64;
		struct diag_connection *items =
			reallocarray(f->items, room, sizeof(*items));

		if (!items)
			return -ENOMEM;
		f->items = items;
		f->room = room;
	}
	f->items[f->n++] = *c;
	return 0;
}

/* One look, and the end of what it found: how many, or -errno. */
static int cut_found(struct warden *w, const struct prefix *peers, size_t n)
{
	struct found f = {.w = w};
	int rc = diag_find(w->diag, peers, n, take, &f), ended = 0;

	for (size_t i = 0; rc == 0 && i < f.n; i++) {
		rc = diag_destroy(w->diag, &f.items[i]);
		ended += rc == 0;
		if (rc == -ENOENT)
			rc = 0;
		/* What is not told to us is no reason to stop. */
		if (rc == 0 && w->track)
			(void)track_delete(w->track, &f.items[i]);
	}
	free(f.items);
	w->stats[STATS_CUT] += (uint64_t)ended;
	return rc < 0 ? rc : f.n == CONNECTIONS_MOST ? ended : 0;
}

static void tell(struct warden *w, int rc)
{
	const char *why = strerror(-rc);

	if (rc == -EOPNOTSUPP)
		why = "this kernel is built without CONFIG_INET_DIAG_DESTROY; "
		      "\"disconnect = false\" in the jails says that it is "
		      "known";
	else if (rc == -ENOENT)
		why = "the kernel's module tcp_diag is missing; \"modprobe "
		      "tcp_diag\", then restart";
	if (rc != w->cut_error)
		log_warning("warden: open connections of who is banned are not "
			    "ended: %s",
			why);
	w->cut_error = rc;
	/* What cannot be done is not tried again. */
	if (rc == -EOPNOTSUPP || rc == -ENOENT)
		diag_close(&w->diag);
}

void warden_cut_run(struct warden *w)
{
	struct prefix peers[DIAG_FILTER_MOST];
	int64_t began = clock_mono();
	size_t n = w->n_cuts;
	int rc = 1;

	if (n == 0)
		return;
	qsort(w->cuts, n, sizeof(*w->cuts), compare_cuts);
	w->first_net = n;
	while (w->first_net > 0 &&
		!prefix_is_host(&w->cuts[w->first_net - 1].who))
		w->first_net--;
	for (size_t i = 0; i < n && i < DIAG_FILTER_MOST; i++)
		peers[i] = w->cuts[i].who;
	for (int i = 0; rc > 0 && i < LOOKS_MOST && w->diag; i++)
		rc = cut_found(w, peers, n);
	if (rc < 0)
		tell(w, rc);
	w->n_cuts = 0;
	w->cut_after = clock_mono();
	w->cut_after += (SHARE - 1) * (w->cut_after - began);
}

int warden_cut_due(struct warden *w)
{
	int64_t left = w->cut_after - clock_mono();

	if (w->n_cuts == 0)
		return -1;
	if (left > 0)
		return (int)(left / CLOCK_MILLISECOND) + 1;
	warden_cut_run(w);
	return -1;
}
