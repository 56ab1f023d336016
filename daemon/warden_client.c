/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the engine speaks to the warden. A slow kernel must not stop the reading
 * of logs: nothing waits here, and what piles up is bounded.
 */
#include "daemon/warden_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/spawn.h"
#include "lib/clock.h"

#define PROGRAM "mailban-warden"
/* So that a burst of bans waits in the warden's queue rather than in ours:
 * what waits there goes into one transaction. */
#define SOCKET_BUFFER (1 << 20)

/* A message that could not be sent yet. */
struct outgoing {
	struct outgoing *next;
	size_t n;
	uint8_t bytes[];
};

/* A request that is not answered yet. */
struct question {
	uint32_t id;
	warden_reply_fn fn;
	void *context;
};

struct warden_client {
	int fd;
	pid_t pid;
	uint32_t next_id;
	int broken; /* 0, or the -errno it ended with */
	struct outgoing *first, **last;
	size_t queued; /* bytes */
	warden_changed_fn changed;
	void *changed_context;
	struct question *questions; /* a ring, oldest at head */
	size_t head, n, room;
	struct reply_room reply_room;
	uint8_t in[REQUEST_MOST + 1], out[REQUEST_MOST];
};

int warden_client_new(struct warden_client **out, int fd, pid_t pid)
{
	struct warden_client *c;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->fd = fd;
	c->pid = pid;
	c->next_id = 1;
	c->last = &c->first;
	*out = c;
	return 0;
}

int warden_client_free(struct warden_client **client)
{
	struct warden_client *c = *client;
	int status = 0;

	if (!c)
		return 0;
	close(c->fd);
	if (c->pid > 0)
		while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
			;
	while (c->first) {
		struct outgoing *next = c->first->next;

		free(c->first);
		c->first = next;
	}
	free(c->questions);
	free(c);
	*client = NULL;
	return status;
}

int warden_client_fd(const struct warden_client *c)
{
	return c->fd;
}

pid_t warden_client_pid(const struct warden_client *c)
{
	return c->pid;
}

short warden_client_events(const struct warden_client *c)
{
	return (short)(POLLIN | (c->first ? POLLOUT : 0));
}

size_t warden_client_pending(const struct warden_client *c)
{
	return c->n;
}

static int question_add(
	struct warden_client *c, uint32_t id, warden_reply_fn fn, void *context)
{
	if (c->n == c->room) {
		size_t room = c->room ? c->room * 2 : 64;
		struct question *ring = calloc(room, sizeof(*ring));

		if (!ring)
			return -ENOMEM;
		for (size_t i = 0; i < c->n; i++)
			ring[i] = c->questions[(c->head + i) % c->room];
		free(c->questions);
		c->questions = ring;
		c->room = room;
		c->head = 0;
	}
	c->questions[(c->head + c->n++) % c->room] =
		(struct question){.id = id, .fn = fn, .context = context};
	return 0;
}

static struct question question_take(struct warden_client *c)
{
	struct question q = c->questions[c->head];

	c->head = (c->head + 1) % c->room;
	c->n--;
	return q;
}

/* The warden is gone: whoever still waits for an answer is told. */
static int broken(struct warden_client *c, int error)
{
	size_t n = c->n;

	if (!c->broken)
		c->broken = error;
	while (n-- > 0) {
		struct question q = question_take(c);
		struct reply reply = {
			.type = REPLY_DONE, .id = q.id, .result = -EPIPE};

		snprintf(reply.text, sizeof(reply.text), "the warden is gone");
		if (q.fn)
			q.fn(&reply, q.context);
	}
	return c->broken;
}

void warden_client_abandon(struct warden_client *c)
{
	if (c->pid > 0)
		kill(c->pid, SIGKILL);
	broken(c, -EPIPE);
}

void warden_client_on_changed(
	struct warden_client *c, warden_changed_fn fn, void *context)
{
	c->changed = fn;
	c->changed_context = context;
}

/* Bytes to the socket: 0, -EAGAIN or -EPIPE. */
static int send_now(struct warden_client *c, const void *bytes, size_t n)
{
	ssize_t sent;

	do
		sent = send(c->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return 0;
	return errno == EAGAIN || errno == ENOBUFS ? -EAGAIN : -EPIPE;
}

static int queue(struct warden_client *c, size_t n)
{
	struct outgoing *o;

	if (c->queued + n > WARDEN_CLIENT_QUEUE_MOST)
		return -ENOBUFS;
	o = malloc(sizeof(*o) + n);
	if (!o)
		return -ENOMEM;
	o->next = NULL;
	o->n = n;
	memcpy(o->bytes, c->out, n);
	*c->last = o;
	c->last = &o->next;
	c->queued += n;
	return 0;
}

static int flush_queue(struct warden_client *c)
{
	while (c->first) {
		struct outgoing *o = c->first;
		int rc = send_now(c, o->bytes, o->n);

		if (rc == -EAGAIN)
			return 0;
		if (rc < 0)
			return rc;
		c->first = o->next;
		if (!c->first)
			c->last = &c->first;
		c->queued -= o->n;
		free(o);
	}
	return 0;
}

int warden_client_send(struct warden_client *c, const struct request *r,
	warden_reply_fn fn, void *context)
{
	struct request numbered = *r;
	int n, rc;

	if (c->broken)
		return -EPIPE;
	numbered.id = c->next_id;
	n = request_encode(&numbered, c->out);
	if (n < 0)
		return n;
	rc = question_add(c, numbered.id, fn, context);
	if (rc < 0)
		return rc;
	/* The event loop may not come to it for long. */
	rc = flush_queue(c);
	if (rc == 0)
		rc = c->first ? -EAGAIN : send_now(c, c->out, (size_t)n);
	if (rc == -EAGAIN)
		rc = queue(c, (size_t)n);
	if (rc < 0) {
		c->n--; /* the one just added */
		return rc;
	}
	c->next_id++;
	return 0;
}

/* One message in: 0, -EAGAIN, -EPIPE or -EBADMSG. */
static int receive(struct warden_client *c)
{
	struct question q;
	struct reply reply;
	ssize_t n;

	do
		n = recv(c->fd, c->in, sizeof(c->in), MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return -EAGAIN;
	if (n <= 0)
		return -EPIPE;
	if (!reply_decode(&reply, &c->reply_room, c->in, (size_t)n))
		return -EBADMSG;
	if (reply.type == REPLY_CHANGED) {
		if (c->changed)
			c->changed(c->changed_context);
		return 0;
	}
	if (c->n == 0 || c->questions[c->head].id != reply.id)
		return -EBADMSG;
	q = c->questions[c->head];
	if (reply.type == REPLY_DONE)
		question_take(c);
	if (q.fn)
		q.fn(&reply, q.context);
	return 0;
}

int warden_client_process(struct warden_client *c)
{
	int rc, sent;

	if (c->broken)
		return c->broken;
	sent = flush_queue(c);
	/* What it has answered before it went is still to be read. */
	do
		rc = receive(c);
	while (rc == 0);
	if (rc == -EAGAIN)
		rc = sent;
	return rc < 0 ? broken(c, rc) : 0;
}

int warden_client_wait(struct warden_client *c, int ms)
{
	int64_t end = clock_mono() + ms * INT64_C(1000);
	int rc = warden_client_process(c);

	while (rc == 0 && c->n > 0) {
		struct pollfd p = {
			.fd = c->fd, .events = warden_client_events(c)};
		int64_t left = (end - clock_mono() + 999) / 1000;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			return -errno;
		rc = warden_client_process(c);
	}
	return rc;
}

int warden_client_layout(struct warden_client *c, const struct layout *layout,
	warden_reply_fn fn, void *context)
{
	struct request r = {.type = REQUEST_LAYOUT, .part = REQUEST_FIRST};
	size_t at = 0;
	int rc;

	do {
		size_t left = layout->n - at;
		bool last = left <= REQUEST_JAILS_MOST;

		r.jails = layout->jails + at;
		r.n = last ? left : REQUEST_JAILS_MOST;
		if (last)
			r.part |= REQUEST_LAST;
		rc = warden_client_send(
			c, &r, last ? fn : NULL, last ? context : NULL);
		at += r.n;
		r.part = 0;
	} while (rc == 0 && at < layout->n);
	return rc;
}

int warden_client_allow(struct warden_client *c, const struct prefix *prefixes,
	size_t n, warden_reply_fn fn, void *context)
{
	struct request_entry *entries =
		calloc(REQUEST_ENTRIES_MOST, sizeof(*entries));
	struct request r = {.type = REQUEST_ALLOW,
		.part = REQUEST_FIRST,
		.entries = entries};
	size_t at = 0;
	int rc;

	if (!entries)
		return -ENOMEM;
	do {
		bool last = n - at <= REQUEST_ENTRIES_MOST;

		r.n = last ? n - at : REQUEST_ENTRIES_MOST;
		for (size_t i = 0; i < r.n; i++)
			entries[i].prefix = prefixes[at + i];
		if (last)
			r.part |= REQUEST_LAST;
		rc = warden_client_send(
			c, &r, last ? fn : NULL, last ? context : NULL);
		at += r.n;
		r.part = 0;
	} while (rc == 0 && at < n);
	free(entries);
	return rc;
}

int warden_client_spawn(
	struct warden_client **out, uid_t uid, gid_t gid, bool confined)
{
	const struct request hello = {
		.type = REQUEST_HELLO, .version = REQUEST_VERSION};
	pid_t pid;
	int fd, rc;

	*out = NULL;
	rc = spawn_program(
		PROGRAM, uid, gid, confined, SOCKET_BUFFER, &fd, &pid);
	if (rc < 0)
		return rc;
	rc = warden_client_new(out, fd, pid);
	if (rc < 0) {
		/* Upon this the child ends by itself. */
		close(fd);
		waitpid(pid, NULL, 0);
		return rc;
	}
	rc = warden_client_send(*out, &hello, NULL, NULL);
	if (rc < 0)
		warden_client_free(out);
	return rc;
}
