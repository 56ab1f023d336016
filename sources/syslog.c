/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Syslog messages from a unix socket. Whoever may send to it chooses every
 * byte of them, NULs and newlines too, and may send descriptors along: nothing
 * of that may be taken for a second line, for the sender's name or for the
 * time, and no descriptor may stay open.
 *
 * A unix socket counts the datagrams that wait, not their bytes: SO_RCVBUF
 * means nothing to it, and nobody is told of what a sender dropped. But a
 * sender's socket is not writable as long as there is no room (unix(7),
 * af_unix.c: unix_dgram_poll()): so one that never sends is asked.
 */
#include "sources/syslog.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/line.h"
#include "sources/header.h"
#include "sources/syslog_message.h"

#define HOST_MOST 255
/* So many datagrams are read before it looks again whether there is room. */
#define LOOK_EVERY 128

struct syslog_socket {
	int fd, probe; /* probe -1: whether there is room is not known */
	struct sockaddr_un name;
	struct stat node;	  /* what had that name at first */
	char host[HOST_MOST + 1]; /* this one's */
	uid_t uid;		  /* of the datagram at hand */
	bool enough;
	struct header_clock clock;
	struct syslog_stats stats;
	char *in;   /* SOURCE_LINE_MOST bytes */
	char *body; /* SYSLOG_MESSAGE_MOST bytes */
};

int syslog_bind(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct stat st;
	mode_t mask;
	int fd, r;

	if (strlen(path) >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	strcpy(at.sun_path, path);
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	mask = umask(0177);
	r = bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ? -errno : 0;
	umask(mask);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

/* Its name, with a NUL behind; false if it has none that is a path. */
static bool name_of(int fd, struct sockaddr_un *name)
{
	socklen_t size = sizeof(*name) - 1;

	memset(name, 0, sizeof(*name));
	return getsockname(fd, (struct sockaddr *)name, &size) == 0 &&
	       name->sun_family == AF_UNIX && name->sun_path[0] == '/';
}

bool syslog_is_one(int fd)
{
	struct sockaddr_un name;
	socklen_t size = sizeof(int);
	int type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
	       type == SOCK_DGRAM && name_of(fd, &name);
}

/* A socket that sends nothing, to see whether it could. */
static int open_probe(const struct sockaddr_un *name)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 &&
		connect(fd, (const struct sockaddr *)name, sizeof(*name)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int prepare(int fd)
{
	const int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof(on)) < 0 ||
		fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

int syslog_new(struct syslog_socket **out, int fd)
{
	struct syslog_socket *s;
	int r = syslog_is_one(fd) ? prepare(fd) : -ENOTSOCK;

	*out = NULL;
	if (r < 0)
		return r;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->in = malloc(SOURCE_LINE_MOST);
	s->body = malloc(SYSLOG_MESSAGE_MOST);
	if (!s->in || !s->body)
		abort();
	s->fd = fd;
	name_of(fd, &s->name);
	if (lstat(s->name.sun_path, &s->node) < 0)
		s->node.st_ino = 0;
	s->probe = open_probe(&s->name);
	if (gethostname(s->host, HOST_MOST) < 0)
		s->host[0] = '\0';
	*out = s;
	return 0;
}

void syslog_free(struct syslog_socket **socket)
{
	struct syslog_socket *s = *socket;

	if (!s)
		return;
	close(s->fd);
	if (s->probe >= 0)
		close(s->probe);
	free(s->in);
	free(s->body);
	free(s);
	*socket = NULL;
}

int syslog_fd(const struct syslog_socket *s)
{
	return s->fd;
}

const char *syslog_path(const struct syslog_socket *s)
{
	return s->name.sun_path;
}

bool syslog_is_reached(const struct syslog_socket *s)
{
	struct stat st;

	return lstat(s->name.sun_path, &st) == 0 &&
	       st.st_ino == s->node.st_ino && st.st_dev == s->node.st_dev;
}

/* What came with it, if the kernel let it: nobody here has use for it. */
static void close_all(const struct cmsghdr *c)
{
	int fd;

	for (size_t i = 0; CMSG_LEN((i + 1) * sizeof(fd)) <= c->cmsg_len; i++) {
		memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
		close(fd);
	}
}

static void look_at_control(
	struct syslog_socket *s, struct msghdr *msg, struct line *line)
{
	struct timeval tv;
	struct ucred who;

	s->uid = (uid_t)-1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c;
		c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_CREDENTIALS) {
			memcpy(&who, CMSG_DATA(c), sizeof(who));
			s->uid = who.uid;
		} else if (c->cmsg_type == SCM_TIMESTAMP) {
			memcpy(&tv, CMSG_DATA(c), sizeof(tv));
			line->time = tv.tv_sec * CLOCK_SECOND + tv.tv_usec;
		} else if (c->cmsg_type == SCM_RIGHTS) {
			close_all(c);
		}
	}
}

/* The next datagram; false if there is none. An empty one leaves *n 0. */
static bool receive(struct syslog_socket *s, struct line *line, size_t *n)
{
	char control[CMSG_SPACE(sizeof(struct ucred)) +
		     CMSG_SPACE(sizeof(struct timeval))]
		__attribute__((aligned(8)));
	struct iovec to = {s->in, SOURCE_LINE_MOST};
	struct msghdr msg = {.msg_iov = &to,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	ssize_t got = recvmsg(s->fd, &msg, MSG_CMSG_CLOEXEC);

	if (got < 0)
		return false;
	*line = (struct line){
		.journal = true, .cut_short = (msg.msg_flags & MSG_TRUNC) != 0};
	look_at_control(s, &msg, line);
	while (got > 0 && (s->in[got - 1] == '\n' || s->in[got - 1] == '\0'))
		got--;
	*n = (size_t)got;
	return true;
}

static void look_for_room(struct syslog_socket *s)
{
	struct pollfd p = {.fd = s->probe, .events = POLLOUT};

	if (s->probe >= 0 && poll(&p, 1, 0) == 0)
		s->stats.full++;
}

int syslog_read(struct syslog_socket *s, source_line_fn fn, void *ctx,
	unsigned int most)
{
	struct line line;
	unsigned int i;
	size_t n;

	s->enough = false;
	for (i = 0; i < most && !s->enough; i++) {
		if (i % LOOK_EVERY == 0)
			look_for_room(s);
		if (!receive(s, &line, &n))
			break;
		if (n == 0)
			continue;
		s->stats.lines++;
		s->stats.cut += line.cut_short;
		syslog_message_line(
			s->in, n, s->host, &s->clock, s->body, &line);
		fn(ctx, &line);
	}
	return (int)i;
}

void syslog_enough(struct syslog_socket *s)
{
	s->enough = true;
}

uid_t syslog_uid(const struct syslog_socket *s)
{
	return s->uid;
}

const struct syslog_stats *syslog_stats(const struct syslog_socket *s)
{
	return &s->stats;
}
