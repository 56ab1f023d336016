/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's control socket from the asking side: one line of JSON out, one
 * line of JSON in. Waits never longer than --wait for a sign of life, and
 * believes nothing of what it gets but its form.
 */
#include "cli/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/jsonout.h"
#include "cli/text.h"
#include "lib/addr.h"

/* An address is at most 51 bytes and has three of JSON: this fits a request. */
#define ADDRESSES_MOST 1000

/* The year 33658. */
#define SECONDS_MOST INT64_C(1000000000000)

struct reply {
	char *bytes;
	size_t n, room;
};

/* Is there nobody who listens? */
static bool is_nobody(int error)
{
	return error == ENOENT || error == ECONNREFUSED || error == ENOTDIR;
}

static int connect_failed(const char *path, int error)
{
	if (error == EACCES || error == EPERM)
		text_complain("may not use %s: run as root or as a member of "
			      "group mailban",
			path);
	else if (is_nobody(error) || error == EAGAIN)
		text_complain("no answer at %s: is mailband running? "
			      "(systemctl status mailban)",
			path);
	else
		text_complain("no answer at %s: %s", path, strerror(error));
	return EXIT_FAULT;
}

/* A socket, or -1 and told. */
static int client_connect(const char *path, int wait)
{
	struct timeval tv = {.tv_sec = wait};
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd;

	if (!*path || strlen(path) >= sizeof(sun.sun_path)) {
		text_complain("the socket's path must have 1 to %zu bytes: %s",
			sizeof(sun.sun_path) - 1, path);
		return -1;
	}
	strcpy(sun.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) ||
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) ||
		connect(fd, (struct sockaddr *)&sun, sizeof(sun))) {
		connect_failed(path, errno);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

bool client_is_there(const struct options *options)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd, error = 0;

	if (strlen(options->socket) >= sizeof(sun.sun_path))
		return true;
	strcpy(sun.sun_path, options->socket);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return true;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)))
		error = errno;
	close(fd);
	return !is_nobody(error);
}

/*
 * A peer that hangs up early may have said why first, so EPIPE is no failure
 * here: the reading that follows will tell.
 */
static int client_send(int fd, const char *bytes, size_t n)
{
	ssize_t sent;

	while (n) {
		sent = send(fd, bytes, n, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EPIPE ? 0 : -errno;
		bytes += sent;
		n -= (size_t)sent;
	}
	return 0;
}

/* Up to the newline, which is cut; -ENODATA if the peer closed before it. */
static int client_receive(int fd, struct reply *reply)
{
	ssize_t got;
	char *end;

	for (;;) {
		if (reply->room - reply->n < 65536) {
			reply->room = reply->room ? 2 * reply->room : 131072;
			if (reply->room > CLIENT_REPLY_MOST)
				return -EMSGSIZE;
			reply->bytes = realloc(reply->bytes, reply->room);
			if (!reply->bytes)
				abort();
		}
		got = recv(
			fd, reply->bytes + reply->n, reply->room - reply->n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -ENODATA;
		end = memchr(reply->bytes + reply->n, '\n', (size_t)got);
		if (end) {
			reply->n = (size_t)(end - reply->bytes);
			return 0;
		}
		reply->n += (size_t)got;
	}
}

static int exchange_failed(
	const struct options *options, int error, size_t received)
{
	if (error == -EAGAIN)
		text_complain("mailband at %s has said nothing for %d s; see "
			      "journalctl -u mailban, or give it longer with "
			      "--wait",
			options->socket, options->wait);
	else if ((error == -ENODATA || error == -ECONNRESET) && !received)
		text_complain("mailband at %s hung up without an answer; see "
			      "journalctl -u mailban",
			options->socket);
	else if (error == -ENODATA || error == -ECONNRESET)
		text_complain("the answer of %s broke off after %zu bytes; see "
			      "journalctl -u mailban",
			options->socket, received);
	else if (error == -EMSGSIZE)
		text_complain("the answer of %s does not end after %u bytes",
			options->socket, CLIENT_REPLY_MOST);
	else
		text_complain("%s: %s", options->socket, strerror(-error));
	return EXIT_FAULT;
}

static int answer_strange(const struct options *options, const char *what)
{
	text_complain("the answer of %s is not understood (%s); are mailban "
		      "and mailband of one version?",
		options->socket, what);
	return EXIT_FAULT;
}

static int answer_take(
	const struct options *options, struct reply *reply, json_t **result)
{
	const json_t *ok, *text, *code;
	json_error_t error;
	json_t *answer;
	int rc;

	answer = json_loadb(
		reply->bytes, reply->n, JSON_REJECT_DUPLICATES, &error);
	if (!answer)
		return answer_strange(options, error.text);
	ok = json_object_get(answer, "ok");
	text = json_object_get(answer, "error");
	code = json_object_get(answer, "code");
	if (json_is_true(ok)) {
		*result = json_incref(json_object_get(answer, "result"));
		rc = *result ? EXIT_YES
			     : answer_strange(options, "it has no result");
	} else if (json_is_false(ok) && json_is_string(text)) {
		text_complain("%s", json_string_value(text));
		rc = json_integer_value(code) == EXIT_NO ? EXIT_NO : EXIT_FAULT;
	} else {
		rc = answer_strange(options, "it is neither yes nor no");
	}
	json_decref(answer);
	return rc;
}

int client_ask(const struct options *options, json_t *request, json_t **result)
{
	struct reply reply = {0};
	char *text;
	size_t n;
	int fd, rc;

	*result = NULL;
	text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	if (!text) { /* only what is no UTF-8 cannot be written */
		text_complain("a jail's name is UTF-8 text");
		return EXIT_FAULT;
	}
	n = strlen(text);
	if (n >= CLIENT_REQUEST_MOST) {
		text_complain("this is too long to ask: %zu bytes of at most "
			      "%d",
			n, CLIENT_REQUEST_MOST - 1);
		free(text);
		return EXIT_FAULT;
	}
	fd = client_connect(options->socket, options->wait);
	if (fd < 0) {
		free(text);
		return EXIT_FAULT;
	}
	text[n] = '\n'; /* in the NUL's place: it is sent by its length */
	rc = client_send(fd, text, n + 1);
	if (!rc)
		rc = client_receive(fd, &reply);
	if (rc)
		rc = exchange_failed(options, rc, reply.n);
	else
		rc = answer_take(options, &reply, result);
	if (json_is_false(json_object_get(*result, "stored")))
		text_complain("it is done, but a restart of mailband would "
			      "undo it: its disk is full or stands still; "
			      "see 'mailban status'");
	close(fd);
	free(reply.bytes);
	free(text);
	return rc;
}

/* Null as every name is UTF-8 or json_pack fails, which client_ask tells. */
static json_t *addresses_request(
	const char *command, const char *jail, int n, char **addresses)
{
	json_t *list = json_array();
	char text[PREFIX_TEXT];
	struct prefix p;
	int i;

	for (i = 0; i < n; i++) {
		prefix_parse(addresses[i], strlen(addresses[i]), &p);
		json_array_append_new(
			list, json_string(prefix_format(&p, text)));
	}
	return json_pack("{s:s, s:s?, s:o}", "command", command, "jail", jail,
		"addresses", list);
}

/* Each of them is parsed, so that nothing else can reach the terminal. */
static void tell_refused(const json_t *refused, const char *jail)
{
	char who[PREFIX_TEXT];
	const json_t *item;
	const char *text;
	struct prefix p;
	size_t i;

	json_array_foreach (refused, i, item) {
		text = json_string_value(item);
		if (text && prefix_parse(text, strlen(text), &p))
			text_complain("%s is never banned in %s: ignoreip, "
				      "ignoreself or no host's address",
				prefix_format(&p, who), jail);
	}
}

int client_ask_addresses(const struct options *options, const char *command,
	const char *jail, int n, char **addresses, json_int_t *count)
{
	json_t *request, *result;
	struct prefix p;
	int i, part, rc;

	*count = 0;
	for (i = 0; i < n; i++) {
		if (prefix_parse(addresses[i], strlen(addresses[i]), &p))
			continue;
		text_complain("'%s' is no address and no network (192.0.2.1, "
			      "2001:db8::/64)",
			addresses[i]);
		return EXIT_FAULT;
	}
	for (i = 0; i < n; i += part) {
		part = n - i < ADDRESSES_MOST ? n - i : ADDRESSES_MOST;
		request = addresses_request(command, jail, part, addresses + i);
		if (options->has_time)
			json_object_set_new(
				request, "time", json_integer(options->time));
		if (options->failures)
			json_object_set_new(request, "failures",
				json_integer(options->failures));
		rc = client_ask(options, request, &result);
		if (rc == EXIT_FAULT)
			return rc;
		*count += client_number(result, "count");
		tell_refused(json_object_get(result, "refused"), jail);
		json_decref(result);
	}
	return EXIT_YES;
}

int client_show(const struct options *options, const char *command,
	const char *jail, void (*print)(const json_t *result))
{
	json_t *result;
	int rc;

	rc = client_ask(options,
		json_pack("{s:s, s:s*}", "command", command, "jail", jail),
		&result);
	if (rc)
		return rc;
	if (options->json)
		jsonout_print(result);
	else
		print(result);
	json_decref(result);
	return EXIT_YES;
}

char *client_text(const json_t *of, const char *key)
{
	const char *text = json_string_value(json_object_get(of, key));

	return text_escape(text ? text : "-");
}

json_int_t client_number(const json_t *of, const char *key)
{
	return json_integer_value(json_object_get(of, key));
}

json_int_t client_sum(const json_t *list, const char *key)
{
	json_int_t sum = 0;
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		sum += client_number(item, key);
	return sum;
}

int64_t client_seconds(const json_t *number, int64_t otherwise)
{
	double seconds = json_number_value(number);

	if (!json_is_number(number))
		return otherwise;
	if (seconds > SECONDS_MOST)
		return SECONDS_MOST;
	return seconds > -SECONDS_MOST ? (int64_t)seconds : -SECONDS_MOST;
}
