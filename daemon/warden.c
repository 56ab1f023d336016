/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process with the capability: takes typed requests, checks each against
 * its own rules, and writes to the kernel. It never reads a log, a file or a
 * configuration, and never believes the engine: a message that is no request
 * ends it, and an address that may not be banned is refused here once more.
 */
#include "daemon/warden.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/warden_state.h"
#include "lib/log.h"
#include "nft/socket.h"
#include "nft/table.h"
#include "nft/watch.h"

/* So often in all what the kernel was too busy for; the waits between double
 * from this, milliseconds, and make 15 in all: no ban shall wait longer. */
#define TRIES 5
#define PAUSE 1

/* The other side has gone: what it had sent before is still to be read. */
static bool is_alone(int error)
{
	return error == EPIPE || error == ECONNRESET;
}

int warden_tell(struct warden *w, const struct reply *reply)
{
	int n = reply_encode(reply, w->out);
	ssize_t sent;

	if (n < 0) {
		log_error("warden: a reply does not fit: %s", strerror(-n));
		return WARDEN_STOP_FAULT;
	}
	do
		sent = send(w->fd, w->out, (size_t)n, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 && !is_alone(errno) ? WARDEN_STOP_END : 0;
}

int warden_tell_done(
	struct warden *w, uint32_t id, int rc, uint64_t value, const char *text)
{
	struct reply reply = {.type = REPLY_DONE, .id = id, .result = rc};

	if (rc < 0)
		w->stats[STATS_ERRORS]++;
	reply.values[0] = value;
	if (text)
		snprintf(reply.text, sizeof(reply.text), "%s", text);
	else if (rc < 0)
		snprintf(reply.text, sizeof(reply.text), "%s", strerror(-rc));
	return warden_tell(w, &reply);
}

int warden_take(struct warden *w, int flags)
{
	ssize_t n;

	do
		n = recv(w->fd, w->in, sizeof(w->in), flags);
	while (n < 0 && (errno == EINTR || is_alone(errno)));
	if (n < 0 && errno == EAGAIN)
		return -EAGAIN;
	if (n <= 0)
		return WARDEN_STOP_END;
	if (!request_decode(&w->request, &w->room, w->in, (size_t)n)) {
		log_error("warden: %zd bytes that are no request", n);
		return WARDEN_STOP_VIOLATION;
	}
	w->stats[STATS_REQUESTS]++;
	return 0;
}

bool warden_again(struct warden *w, int error, int *tries)
{
	if (!nft_socket_passes(error) || ++*tries >= TRIES)
		return false;
	(void)poll(NULL, 0, PAUSE << (*tries - 1));
	w->stats[STATS_RETRIES]++;
	return true;
}

int warden_commit(struct warden *w)
{
	int tries = 0, rc;

	do {
		w->stats[STATS_TRANSACTIONS]++;
		rc = nft_socket_commit(w->nft, &w->batch, NULL);
	} while (warden_again(w, rc, &tries));
	return rc;
}

bool warden_jails(const struct warden *w, size_t *first, size_t *end)
{
	bool all = w->request.jail == REQUEST_ALL;

	*first = all ? 0 : w->request.jail;
	*end = all ? w->layout.n : *first + 1;
	return *end <= w->layout.n;
}

static int handle_hello(struct warden *w)
{
	w->greeted = w->request.version == REQUEST_VERSION;
	return warden_tell_done(w, w->request.id, w->greeted ? 0 : -EPROTO,
		REQUEST_VERSION, NULL);
}

static int handle_stats(struct warden *w)
{
	struct reply reply = {.type = REPLY_DONE, .id = w->request.id};

	memcpy(reply.values, w->stats, sizeof(reply.values));
	return warden_tell(w, &reply);
}

static int handle_quit(struct warden *w)
{
	int rc = 0, tries = 0;

	while (w->request.flush) {
		rc = table_remove(w->nft, &w->batch);
		if (!warden_again(w, rc, &tries))
			break;
	}
	(void)warden_tell_done(w, w->request.id, rc, 0, NULL);
	return WARDEN_STOP_END;
}

static int handle(struct warden *w, bool *more)
{
	if (!w->greeted && w->request.type != REQUEST_HELLO)
		return WARDEN_STOP_VIOLATION;
	switch (w->request.type) {
	case REQUEST_HELLO:
		return handle_hello(w);
	case REQUEST_LAYOUT:
		return warden_handle_layout(w);
	case REQUEST_ALLOW:
		return warden_handle_allow(w);
	case REQUEST_BAN:
		return warden_handle_ban(w, more);
	case REQUEST_UNBAN:
		return warden_handle_unban(w);
	case REQUEST_FLUSH:
		return warden_handle_flush(w);
	case REQUEST_DUMP:
	case REQUEST_COUNT:
		return warden_handle_listing(w);
	case REQUEST_STATS:
		return handle_stats(w);
	case REQUEST_QUIT:
		return handle_quit(w);
	}
	return WARDEN_STOP_VIOLATION;
}

static int warden_init(struct warden *w, int fd)
{
	static const char *const special[] = {"0.0.0.0/8", "127.0.0.0/8",
		"224.0.0.0/3", "::/120", "ff00::/8"};
	struct prefix p;
	int rc;

	w->fd = fd;
	prefixset_init(&w->allow);
	prefixset_init(&w->allow_draft);
	prefixset_init(&w->special);
	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
		if (!prefix_parse(special[i], strlen(special[i]), &p) ||
			prefixset_add(&w->special, &p) < 0)
			return -ENOMEM;
	rc = batch_init(&w->batch);
	if (rc == 0)
		rc = change_init(&w->change, WARDEN_ENTRIES);
	if (rc == 0)
		rc = nft_socket_open(&w->nft);
	warden_cut_init(w);
	return rc;
}

static void warden_deinit(struct warden *w)
{
	warden_cut_deinit(w);
	warden_rush_deinit(w);
	watch_close(&w->watch);
	nft_socket_close(&w->nft);
	change_deinit(&w->change);
	batch_deinit(&w->batch);
	prefixset_deinit(&w->special);
	prefixset_deinit(&w->allow_draft);
	prefixset_deinit(&w->allow);
	free(w->draft.jails);
	free(w->layout.jails);
}

static bool changes(enum request_type type)
{
	return type == REQUEST_BAN || type == REQUEST_UNBAN ||
	       type == REQUEST_LAYOUT || type == REQUEST_ALLOW ||
	       type == REQUEST_FLUSH;
}

/* Of two times in milliseconds the sooner; below 0 = never. */
static int sooner(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* Until there is a request; meanwhile others' changes are told. */
static int wait_and_watch(struct warden *w)
{
	static const struct reply changed = {.type = REPLY_CHANGED};
	struct pollfd p[2] = {{.fd = w->fd, .events = POLLIN}};
	int stop = 0, wait;

	while (!stop && w->watch) {
		if (watch_changed(w->watch))
			stop = warden_tell(w, &changed);
		wait = sooner(warden_cut_due(w), warden_rush_due(w));
		wait = sooner(wait, warden_held_due(w));
		wait = sooner(wait, watch_timeout(w->watch));
		p[1] = (struct pollfd){
			.fd = watch_fd(w->watch), .events = POLLIN};
		if (poll(p, 2, wait) > 0 && p[0].revents)
			break;
	}
	return stop;
}

int warden_run(int fd)
{
	struct warden *w = calloc(1, sizeof(*w));
	bool more = false;
	int stop = 0, rc;

	if (!w)
		return WARDEN_FAULT;
	rc = warden_init(w, fd);
	if (rc < 0) {
		log_error("warden: the kernel's nf_tables cannot be used: %s; "
			  "is the module there? ('modprobe nf_tables')",
			strerror(-rc));
		stop = WARDEN_STOP_FAULT;
	}
	while (!stop) {
		if (!more)
			stop = wait_and_watch(w);
		if (!more && !stop)
			stop = warden_take(w, 0);
		more = false;
		if (!stop && w->watch && changes(w->request.type))
			watch_busy(w->watch);
		if (!stop)
			stop = handle(w, &more);
	}
	if (stop == WARDEN_STOP_VIOLATION)
		log_error("warden: protocol violated in \"%s\", ending",
			request_name(w->request.type));
	warden_deinit(w);
	free(w);
	return stop == WARDEN_STOP_END	       ? WARDEN_END
	       : stop == WARDEN_STOP_VIOLATION ? WARDEN_VIOLATION
					       : WARDEN_FAULT;
}
