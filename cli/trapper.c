/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sending side of Zabbix's trapper protocol. The server is believed no
 * more than any peer: what it answers is bounded, and only its counts are
 * taken.
 */
#include "cli/trapper.h"

#include <endian.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/text.h"
#include "lib/clock.h"

#define PORT "10051"
/* Bytes before the JSON, and of it in an answer. */
#define HEAD 13
#define ANSWER_MOST 65536

/*
 * A request to a Zabbix server or proxy as zabbix_sender(1) frames it: "ZBXD",
 * the flag 1, the length and a zero in 32 bits each, least byte first, JSON.
 * Source: zabbix.com, manual, appendix, protocols. *n bytes, to be freed.
 */
static char *frame_of(const json_t *message, size_t *n)
{
	char *text = json_dumps(message, JSON_COMPACT), *frame;
	uint32_t size;

	if (!text)
		abort();
	size = htole32((uint32_t)strlen(text));
	*n = HEAD + strlen(text);
	frame = calloc(1, *n);
	if (!frame)
		abort();
	memcpy(frame, "ZBXD\1", 5);
	memcpy(frame + 5, &size, sizeof(size));
	memcpy(frame + HEAD, text, *n - HEAD);
	free(text);
	return frame;
}

/* The length that an answer's head tells; -1 if it is no such head. */
static long answer_size(const char *head)
{
	uint32_t size, reserved;

	memcpy(&size, head + 5, sizeof(size));
	memcpy(&reserved, head + 9, sizeof(reserved));
	/* Neither compressed (2) nor large (4), which we did not ask for. */
	if (memcmp(head, "ZBXD\1", 5) != 0 || reserved != 0 ||
		le32toh(size) > ANSWER_MOST)
		return -1;
	return (long)le32toh(size);
}

static bool count_of(const char *info, const char *name, long *out)
{
	const char *at = strstr(info, name);

	return at && sscanf(at + strlen(name), ": %9ld", out) == 1 && *out >= 0;
}

/* Of the n bytes of a whole answer: NULL, or what is wrong with it. */
static const char *answer_read(
	const char *bytes, size_t n, struct trapper_answer *out)
{
	const char *response, *info, *why = NULL;
	json_t *answer;

	if (n < HEAD || answer_size(bytes) != (long)(n - HEAD))
		return "it is no answer of a Zabbix server";
	answer = json_loadb(bytes + HEAD, n - HEAD, 0, NULL);
	response = json_string_value(json_object_get(answer, "response"));
	info = json_string_value(json_object_get(answer, "info"));
	if (!response || strcmp(response, "success") != 0)
		why = "it is not \"success\"";
	else if (!info || !count_of(info, "processed", &out->processed) ||
		 !count_of(info, "failed", &out->failed))
		why = "it does not tell how many values were taken";
	json_decref(answer);
	return why;
}

/* Waits for events until that time; false with errno. */
static bool ready(int fd, short events, int64_t until)
{
	struct pollfd p = {.fd = fd, .events = events};
	int64_t left;
	int n;

	do {
		left = until - clock_mono();
		n = left <= 0
			    ? 0
			    : poll(&p, 1, (int)(left / CLOCK_MILLISECOND) + 1);
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		errno = ETIMEDOUT;
	return n > 0;
}

/* A connection, or -1 with errno. */
static int reach_one(const struct addrinfo *a, int64_t until)
{
	int fd = socket(
		a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t size = sizeof(int);
	int error = 0;

	if (fd < 0)
		return -1;
	if (connect(fd, a->ai_addr, a->ai_addrlen)) {
		error = errno;
		if (error == EINPROGRESS && ready(fd, POLLOUT, until))
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
		else if (error == EINPROGRESS)
			error = errno;
	}
	if (!error)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

/*
 * A connection, or -1 and told. Each of a name's addresses has its share of the
 * time, so that one that is silent does not take it all.
 */
static int reach(const char *name, const char *port, int64_t until)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	int fd = -1, n = 0, r = getaddrinfo(name, port, &hints, &list);

	if (r) {
		text_complain("%s, port %s: %s", name, port, gai_strerror(r));
		return -1;
	}
	for (const struct addrinfo *a = list; a; a = a->ai_next)
		n++;
	for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
		int64_t now = clock_mono();

		fd = reach_one(a, now + (until - now) / n--);
	}
	if (fd < 0)
		text_complain("%s, port %s: %s", name, port, strerror(errno));
	freeaddrinfo(list);
	return fd;
}

/* "name", "name:port", "[address]:port" into their parts. */
static bool split(char *server, char **name, const char **port)
{
	char *end, *colon = strchr(server, ':');

	*name = server;
	*port = PORT;
	if (*server == '[') {
		*name = server + 1;
		end = strchr(server, ']');
		if (!end || (end[1] && end[1] != ':'))
			return false;
		colon = end[1] ? end + 1 : NULL;
		*end = '\0';
	} else if (colon && strchr(colon + 1, ':')) {
		colon = NULL; /* an IPv6 address */
	}
	if (colon) {
		*colon = '\0';
		*port = colon + 1;
	}
	return **name && **port;
}

static bool send_all(int fd, const char *bytes, size_t n, int64_t until)
{
	while (n > 0) {
		ssize_t sent;

		if (!ready(fd, POLLOUT, until))
			return false;
		sent = send(fd, bytes, n, MSG_NOSIGNAL);
		if (sent < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (sent < 0)
			return false;
		bytes += sent;
		n -= (size_t)sent;
	}
	return true;
}

/* As much as its head tells; *n bytes. False with errno. */
static bool receive(int fd, char *buf, size_t *n, int64_t until)
{
	size_t want = HEAD;

	*n = 0;
	while (*n < want) {
		ssize_t got;

		if (!ready(fd, POLLIN, until))
			return false;
		got = recv(fd, buf + *n, want - *n, 0);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got < 0)
			return false;
		if (got == 0)
			return true;
		*n += (size_t)got;
		if (*n == HEAD && answer_size(buf) > 0)
			want += (size_t)answer_size(buf);
	}
	return true;
}

int trapper_send(const char *server, int wait, const json_t *message,
	struct trapper_answer *out)
{
	static char buf[HEAD + ANSWER_MOST];
	int64_t until = clock_mono() + wait * CLOCK_SECOND;
	char *copy = strdup(server), *name, *frame;
	const char *port, *why;
	bool done;
	size_t n;
	int fd;

	if (!copy)
		abort();
	if (!split(copy, &name, &port)) {
		text_complain("'%s' is not SERVER or SERVER:PORT", server);
		free(copy);
		return EXIT_FAULT;
	}
	fd = reach(name, port, until);
	free(copy);
	if (fd < 0)
		return EXIT_FAULT;
	frame = frame_of(message, &n);
	done = send_all(fd, frame, n, until) && receive(fd, buf, &n, until);
	free(frame);
	if (!done)
		text_complain("%s: %s", server, strerror(errno));
	close(fd);
	if (!done)
		return EXIT_FAULT;
	why = answer_read(buf, n, out);
	if (why)
		text_complain(
			"the answer of %s is not understood: %s", server, why);
	return why ? EXIT_FAULT : EXIT_YES;
}
