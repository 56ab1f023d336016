/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One page over HTTP to whoever can reach the socket, which is loopback or a
 * path. A stranger may send anything as slowly as he likes: what a request may
 * have, in bytes and in time, is bounded, and nothing of it is acted upon but
 * its first line. However many come and say nothing, who asks is answered.
 */
#include "cli/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/text.h"
#include "lib/addr.h"
#include "lib/clock.h"
#include "lib/outlet.h"

/* The first socket that is handed on, sd_listen_fds(3). */
#define SOCKET 3

/* Whose a place is: a user's of this host by a path, a network's by TCP. */
struct owner {
	uid_t uid;	 /* of nobody by TCP */
	struct addr net; /* all zero by a path, and of the loopback */
};

struct client {
	int fd; /* -1: the place is free */
	struct owner owner;
	int64_t until;
	char in[SERVE_REQUEST + 1];
	size_t in_n;
	char *out;
	size_t out_n, out_at;
};

struct server {
	serve_fn page;
	void *ctx;
	struct client clients[SERVE_CLIENTS];
};

static bool has_socket(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	int listens = 0;
	socklen_t size = sizeof(listens);

	if (!pid || !n || strtol(pid, NULL, 10) != getpid() ||
		strcmp(n, "1") != 0)
		return false;
	return getsockopt(SOCKET, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) ==
		       0 &&
	       listens;
}

static void drop(struct client *c)
{
	close(c->fd);
	free(c->out);
	*c = (struct client){.fd = -1};
}

/* Takes body, which may be NULL. */
static void answer(
	struct client *c, const char *status, bool head, char *body, size_t n)
{
	static const char type[] = "application/openmetrics-text; "
				   "version=1.0.0; charset=utf-8";
	char top[256];
	int top_n = snprintf(top, sizeof(top),
		"HTTP/1.0 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
		"Connection: close\r\n\r\n",
		status, body ? type : "text/plain", n);

	c->out = malloc((size_t)top_n + n);
	if (!c->out)
		abort();
	memcpy(c->out, top, (size_t)top_n);
	if (body && !head)
		memcpy(c->out + top_n, body, n);
	c->out_n = (size_t)top_n + (head ? 0 : n);
	free(body);
}

static void take_request(struct server *s, struct client *c)
{
	bool head = !strncmp(c->in, "HEAD ", 5);
	const char *path = c->in + (head ? 5 : 4);
	char *body;
	size_t n = 0;

	if (!head && strncmp(c->in, "GET ", 4) != 0) {
		answer(c, "405 Method Not Allowed", false, NULL, 0);
	} else if (strncmp(path, "/metrics", 8) != 0 ||
		   !strchr(" ?\r\n", path[8]) || !path[8]) {
		answer(c, "404 Not Found", false, NULL, 0);
	} else {
		body = s->page(s->ctx, &n);
		answer(c, body ? "200 OK" : "503 Service Unavailable", head,
			body, n);
	}
}

/* What the page took is nobody's time; the answer has a time of its own. */
static void begin_answer(struct server *s, struct client *c)
{
	int64_t begun = clock_mono(), took;

	take_request(s, c);
	took = clock_mono() - begun;
	for (size_t i = 0; i < SERVE_CLIENTS; i++)
		s->clients[i].until += took;
	c->until = begun + took + SERVE_TIME * CLOCK_SECOND;
}

/* False when the client is done with. */
static bool read_some(struct server *s, struct client *c)
{
	ssize_t n = recv(
		c->fd, c->in + c->in_n, SERVE_REQUEST - c->in_n, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	c->in_n += (size_t)n;
	c->in[c->in_n] = '\0';
	if (strlen(c->in) < c->in_n)
		answer(c, "400 Bad Request", false, NULL, 0);
	else if (strstr(c->in, "\r\n\r\n") || strstr(c->in, "\n\n"))
		begin_answer(s, c);
	else if (c->in_n == SERVE_REQUEST)
		answer(c, "431 Request Header Fields Too Large", false, NULL,
			0);
	return true;
}

/* Whose time is over may have asked meanwhile, while another's page was made:
 * so it is looked first. */
static void serve_client(struct server *s, struct client *c)
{
	bool more = true;

	if (!c->out)
		more = read_some(s, c);
	if (more && c->out)
		more = outlet_send(c->fd, c->out, c->out_n, &c->out_at);
	if (!more || clock_mono() >= c->until)
		drop(c);
}

/* Of TCP the kernel tells no user. A host of IPv6 has a whole /64. */
static struct owner owner_of(int fd, const struct sockaddr *from)
{
	struct owner owner = {.uid = (uid_t)-1};
	socklen_t size = sizeof(struct ucred);
	struct ucred peer;

	if (!addr_from_sockaddr(from, &owner.net)) {
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0)
			owner.uid = peer.uid;
	} else if (addr_is_special(&owner.net)) {
		owner.net = (struct addr){0};
	} else if (!addr_is_v4(&owner.net)) {
		memset(owner.net.ip + 8, 0, 8);
	}
	return owner;
}

/* How many places the owner of a client's holds. */
static size_t share(const struct server *s, const struct client *c)
{
	size_t n = 0;

	for (size_t i = 0; i < SERVE_CLIENTS; i++)
		n += s->clients[i].owner.uid == c->owner.uid &&
		     addr_equal(&s->clients[i].owner.net, &c->owner.net);
	return n;
}

/* 0: has said nothing, 1: not all, 2: does not take its answer. */
static int progress(const struct client *c)
{
	return c->out ? 2 : c->in_n > 0;
}

/* Whether a goes before b: of the owner who holds most, who has done least, and
 * of those who came first. */
static bool goes_before(
	const struct server *s, const struct client *a, const struct client *b)
{
	size_t x = share(s, a), y = share(s, b);

	if (x != y)
		return x > y;
	if (progress(a) != progress(b))
		return progress(a) < progress(b);
	return a->until < b->until;
}

/* A place for one more; if there is none, somebody goes. */
static struct client *make_place(struct server *s)
{
	struct client *c = s->clients;

	for (size_t i = 0; i < SERVE_CLIENTS; i++) {
		if (s->clients[i].fd < 0)
			return &s->clients[i];
		if (goes_before(s, &s->clients[i], c))
			c = &s->clients[i];
	}
	drop(c);
	return c;
}

/* Who asks at once is answered before another can come. */
static void take_client(struct server *s)
{
	union {
		struct sockaddr any;
		struct sockaddr_storage room;
	} from = {0};
	socklen_t size = sizeof(from);
	int fd =
		accept4(SOCKET, &from.any, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *c;

	if (fd < 0)
		return;
	c = make_place(s);
	c->fd = fd;
	c->owner = owner_of(fd, &from.any);
	c->until = clock_mono() + SERVE_TIME * CLOCK_SECOND;
	serve_client(s, c);
}

/* Fills in what to wait for and returns for how many milliseconds. */
static int wait_for(const struct server *s, struct pollfd *fds, int64_t idle)
{
	int64_t until = idle, now = clock_mono();

	for (size_t i = 0; i < SERVE_CLIENTS; i++) {
		const struct client *c = &s->clients[i];

		fds[i] = (struct pollfd){
			.fd = c->fd, .events = c->out ? POLLOUT : POLLIN};
		if (c->fd >= 0 && c->until < until)
			until = c->until;
	}
	fds[SERVE_CLIENTS] = (struct pollfd){.fd = SOCKET, .events = POLLIN};
	return until > now ? (int)((until - now) / CLOCK_MILLISECOND) + 1 : 0;
}

static void serve_clients(struct server *s)
{
	for (size_t i = 0; i < SERVE_CLIENTS; i++)
		if (s->clients[i].fd >= 0)
			serve_client(s, &s->clients[i]);
}

int serve_run(serve_fn page, void *ctx)
{
	struct server *s = calloc(1, sizeof(*s));
	struct pollfd fds[SERVE_CLIENTS + 1];
	int64_t idle;

	if (!s)
		abort();
	if (!has_socket() || fcntl(SOCKET, F_SETFL, O_NONBLOCK) < 0) {
		text_complain("there is no socket to serve on: start "
			      "mailban-metrics.socket of systemd");
		free(s);
		return -1;
	}
	s->page = page;
	s->ctx = ctx;
	for (size_t i = 0; i < SERVE_CLIENTS; i++)
		s->clients[i].fd = -1;
	idle = clock_mono() + SERVE_IDLE * CLOCK_SECOND;
	while (clock_mono() < idle) {
		int n = poll(fds, SERVE_CLIENTS + 1, wait_for(s, fds, idle));

		if (n < 0)
			continue;
		serve_clients(s);
		if (fds[SERVE_CLIENTS].revents) {
			take_client(s);
			idle = clock_mono() + SERVE_IDLE * CLOCK_SECOND;
		}
	}
	for (size_t i = 0; i < SERVE_CLIENTS; i++)
		if (s->clients[i].fd >= 0)
			drop(&s->clients[i]);
	free(s);
	return 0;
}
