/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket. Whoever can reach it may send anything: a request has a
 * size and a time limit, connections are few, and a peer is what the kernel
 * says it is (unix(7), SO_PEERCRED), not what it claims.
 */
#include "daemon/control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/outlet.h"

#define CLIENTS_MOST 32
#define LINE_MOST 65536 /* bytes of a request */
/* For a request, and for each step of its answer that is read, in us. */
#define TIME_LIMIT (10 * UINT64_C(1000000))
#define STEP 65536
/* When no connection can be taken, for want of descriptors, say. */
#define ACCEPT_AGAIN UINT64_C(1000000)

struct control_call {
	struct client *client; /* NULL when it has gone */
};

struct client {
	struct client *next;
	struct control_call *call; /* that is still to be answered */
	struct control *control;
	sd_event_source *io, *timer;
	struct ucred peer;
	bool in_group;
	char *in;
	size_t in_n;
	char *out;
	size_t out_n, out_at, step_at;
};

struct control {
	sd_event *loop;
	sd_event_source *io;
	sd_event_source *again; /* enabled while none can be taken */
	char *path;
	gid_t group;
	const struct control_command *commands;
	void *ctx;
	struct client *clients;
	size_t clients_n;
};

json_t *control_ok(json_t *result)
{
	return json_pack("{s:b,s:o}", "ok", 1, "result", result);
}

json_t *control_error(int code, const char *format, ...)
{
	char text[512];
	va_list args;
	json_t *message;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	message = json_pack(
		"{s:b,s:i,s:s}", "ok", 0, "code", code, "error", text);
	if (message)
		return message;
	/* Bytes of a file that are no UTF-8, or a character cut in two. */
	for (char *c = text; *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	return json_pack("{s:b,s:i,s:s}", "ok", 0, "code", code, "error", text);
}

static void client_free(struct client *client)
{
	struct client **at = &client->control->clients;

	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	if (client->call)
		client->call->client = NULL;
	client->control->clients_n--;
	sd_event_source_disable_unref(client->io);
	sd_event_source_disable_unref(client->timer);
	free(client->in);
	free(client->out);
	free(client);
}

/* His time runs while it is he who is waited for. */
static void time_begin(struct client *client)
{
	sd_event_source_set_time_relative(client->timer, TIME_LIMIT);
	sd_event_source_set_enabled(client->timer, SD_EVENT_ONESHOT);
}

static bool may(const struct client *client, enum control_right right)
{
	if (client->peer.uid == 0 || client->peer.uid == geteuid())
		return true;
	return right == CONTROL_LOOK && client->in_group;
}

static json_t *run(struct client *client, const struct control_command *c,
	const json_t *request)
{
	struct control_call *call = calloc(1, sizeof(*call));
	json_t *message;

	if (!call)
		abort();
	call->client = client;
	client->call = call;
	message = c->run(client->control->ctx, request, call);
	if (message) {
		client->call = NULL;
		free(call);
	}
	return message;
}

/* The answer, or NULL if it comes later. */
static json_t *answer(struct client *client, const json_t *request)
{
	const char *name =
		json_string_value(json_object_get(request, "command"));

	if (!name)
		return control_error(2, "a request is {\"command\": \"...\"}");
	for (const struct control_command *c = client->control->commands;
		c->name; c++) {
		if (strcmp(c->name, name) != 0)
			continue;
		if (may(client, c->right))
			return run(client, c, request);
		log_warning("control: uid %u may not '%s'",
			(unsigned int)client->peer.uid, name);
		return control_error(2, "permission denied: run as root");
	}
	return control_error(2, "this mailband does not know that command");
}

/* Encodes the reply; the request is done with. */
static void reply(struct client *client, json_t *message)
{
	char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
	size_t n;

	json_decref(message);
	if (!text) {
		/* Only if memory ran out or a handler made no reply. */
		text = strdup("{\"ok\":false,\"code\":2,\"error\":"
			      "\"internal error\"}");
		if (!text)
			abort();
	}
	n = strlen(text);
	client->out = realloc(text, n + 2);
	if (!client->out)
		abort();
	memcpy(client->out + n, "\n", 2);
	client->out_n = n + 1;
	free(client->in);
	client->in = NULL;
	time_begin(client);
}

static void take_request(struct client *client)
{
	json_error_t why;
	json_t *message, *request = json_loadb(client->in, client->in_n,
				 JSON_REJECT_DUPLICATES, &why);

	if (json_is_object(request))
		message = answer(client, request);
	else
		message = control_error(2, "not a JSON object on one line");
	json_decref(request);
	/* It may have been answered within the call already. */
	if (message || (!client->call && !client->out))
		reply(client, message);
}

void control_reply(struct control_call *call, json_t *message)
{
	struct client *client = call->client;

	free(call);
	if (!client) {
		json_decref(message);
		return;
	}
	client->call = NULL;
	reply(client, message);
	sd_event_source_set_io_events(client->io, EPOLLOUT);
}

/* False when the client is done with, for better or worse. */
static bool read_some(struct client *client, int fd)
{
	ssize_t n = recv(fd, client->in + client->in_n,
		LINE_MOST - client->in_n, MSG_DONTWAIT);
	char *newline;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	newline = memchr(client->in + client->in_n, '\n', (size_t)n);
	client->in_n += (size_t)n;
	if (newline) {
		client->in_n = (size_t)(newline - client->in);
		take_request(client);
	} else if (client->in_n == LINE_MOST) {
		reply(client, control_error(2, "a request is at most %d bytes",
				      LINE_MOST));
	}
	return true;
}

static bool write_some(struct client *client, int fd)
{
	bool more =
		outlet_send(fd, client->out, client->out_n, &client->out_at);

	if (client->out_at - client->step_at >= STEP) {
		client->step_at = client->out_at;
		time_begin(client);
	}
	return more;
}

static int on_client(
	sd_event_source *source, int fd, uint32_t events, void *ctx)
{
	struct client *client = ctx;
	bool more = true;

	/* While an answer is awaited nothing is read: he may have said that he
	 * says no more, and be waiting. Only one who has gone is done with. */
	if (client->call)
		more = !(events & (EPOLLHUP | EPOLLERR));
	else if (!client->out)
		more = read_some(client, fd);
	if (more && client->out) {
		more = write_some(client, fd);
		sd_event_source_set_io_events(source, EPOLLOUT);
	}
	if (!more) {
		client_free(client);
	} else if (client->call) {
		sd_event_source_set_io_events(source, 0);
		sd_event_source_set_enabled(client->timer, SD_EVENT_OFF);
	}
	return 0;
}

static int on_late(sd_event_source *source, uint64_t now, void *ctx)
{
	(void)source;
	(void)now;
	client_free(ctx);
	return 0;
}

static bool is_member(int fd, const struct ucred *peer, gid_t group)
{
	gid_t groups[256];
	socklen_t n = sizeof(groups);

	if (peer->gid == group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &n) < 0)
		return false;
	for (size_t i = 0; i < n / sizeof(*groups); i++)
		if (groups[i] == group)
			return true;
	return false;
}

static bool client_new(struct control *control, int fd)
{
	struct client *client = calloc(1, sizeof(*client));
	socklen_t n = sizeof(client->peer);

	if (!client)
		return false;
	client->control = control;
	client->in = malloc(LINE_MOST);
	if (!client->in ||
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &client->peer, &n) <
			0 ||
		sd_event_add_io(control->loop, &client->io, fd, EPOLLIN,
			on_client, client) < 0 ||
		sd_event_add_time_relative(control->loop, &client->timer,
			CLOCK_MONOTONIC, TIME_LIMIT, 0, on_late, client) < 0) {
		sd_event_source_disable_unref(client->io);
		free(client->in);
		free(client);
		return false;
	}
	sd_event_source_set_io_fd_own(client->io, 1);
	client->in_group = is_member(fd, &client->peer, control->group);
	client->next = control->clients;
	control->clients = client;
	control->clients_n++;
	return true;
}

/*
 * When all places are taken, who may not even look and has not said yet what
 * he wants gives his up, the one who came first before the others: no user
 * can keep root out by silence.
 */
static void make_room(struct control *control)
{
	struct client *oldest = NULL;

	for (struct client *c = control->clients; c; c = c->next)
		if (!c->call && !c->out && !may(c, CONTROL_LOOK))
			oldest = c;
	if (oldest)
		client_free(oldest);
}

static int on_again(sd_event_source *source, uint64_t now, void *ctx)
{
	struct control *control = ctx;

	(void)source;
	(void)now;
	sd_event_source_set_enabled(control->io, SD_EVENT_ON);
	return 0;
}

/* Whoever waits is told of at once and again: it is left for a moment. */
static void leave_waiting(struct control *control, int error)
{
	log_warning("control: no connection can be taken for now: %s",
		strerror(error));
	sd_event_source_set_enabled(control->io, SD_EVENT_OFF);
	sd_event_source_set_time_relative(control->again, ACCEPT_AGAIN);
	sd_event_source_set_enabled(control->again, SD_EVENT_ONESHOT);
}

static int on_connect(
	sd_event_source *source, int fd, uint32_t events, void *ctx)
{
	struct control *control = ctx;
	int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
	int peer = accept4(fd, NULL, NULL, flags);

	(void)source;
	(void)events;
	if (peer < 0 && errno == EMFILE) {
		make_room(control);
		peer = accept4(fd, NULL, NULL, flags);
	}
	if (peer < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			leave_waiting(control, errno);
		return 0;
	}
	if (control->clients_n >= CLIENTS_MOST)
		make_room(control);
	if (control->clients_n >= CLIENTS_MOST || !client_new(control, peer))
		close(peer);
	return 0;
}

bool control_is_taken(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	bool taken;
	int fd;

	if (strlen(path) >= sizeof(at.sun_path))
		return false;
	strcpy(at.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	/* EAGAIN: more wait there than it lets in. */
	taken = connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0 ||
		errno == EAGAIN;
	close(fd);
	return taken;
}

struct control *control_new(sd_event *loop, const char *path, gid_t group,
	const struct control_command *commands, void *ctx)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct control *control;
	struct stat st;
	int fd;

	if (strlen(path) >= sizeof(at.sun_path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	strcpy(at.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return NULL;
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
		chmod(path, 0666) < 0 || listen(fd, 16) < 0) {
		close(fd);
		return NULL;
	}
	control = calloc(1, sizeof(*control));
	if (!control)
		abort();
	control->loop = loop;
	control->path = strdup(path);
	control->group = group;
	control->commands = commands;
	control->ctx = ctx;
	if (sd_event_add_io(
		    loop, &control->io, fd, EPOLLIN, on_connect, control) < 0) {
		close(fd);
		control_free(&control);
		return NULL;
	}
	sd_event_source_set_io_fd_own(control->io, 1);
	if (sd_event_add_time_relative(loop, &control->again, CLOCK_MONOTONIC,
		    ACCEPT_AGAIN, 0, on_again, control) < 0) {
		control_free(&control);
		return NULL;
	}
	sd_event_source_set_enabled(control->again, SD_EVENT_OFF);
	return control;
}

void control_free(struct control **control)
{
	struct control *c = *control;

	if (!c)
		return;
	while (c->clients)
		client_free(c->clients);
	sd_event_source_disable_unref(c->io);
	sd_event_source_disable_unref(c->again);
	unlink(c->path);
	free(c->path);
	free(c);
	*control = NULL;
}
