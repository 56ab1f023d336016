/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes to the control socket, in pieces: one answer comes, an object on
 * one line that says whether it is well, or none because no request did; and
 * the next who asks is answered.
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/control.h"
#include "tests/fuzz/fuzz.h"

static char path[64];
static sd_event *loop;
static struct control *control;
static struct control_call *waiting;

/* Gives back what was asked. */
static json_t *run_echo(
	void *ctx, const json_t *request, struct control_call *call)
{
	(void)ctx;
	(void)call;
	return control_ok(json_deep_copy(request));
}

static json_t *run_later(
	void *ctx, const json_t *request, struct control_call *call)
{
	(void)ctx;
	(void)request;
	waiting = call;
	return NULL;
}

static const struct control_command commands[] = {
	{"status", CONTROL_LOOK, run_echo}, {"ban", CONTROL_CHANGE, run_echo},
	{"list", CONTROL_LOOK, run_later}, {NULL, CONTROL_LOOK, NULL}};

static void remove_socket(void)
{
	control_free(&control);
	sd_event_unref(loop);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	snprintf(path, sizeof(path), "/tmp/mailban-fuzz-%d", (int)getpid());
	must(sd_event_new(&loop) >= 0);
	control = control_new(loop, path, getgid(), commands, NULL);
	must(control);
	atexit(remove_socket);
	return 0;
}

static void run_loop(void)
{
	while (sd_event_run(loop, 0) > 0)
		;
	if (waiting) {
		struct control_call *call = waiting;

		waiting = NULL;
		control_reply(call, control_ok(json_true()));
		while (sd_event_run(loop, 0) > 0)
			;
	}
}

/* All that is answered; NULL if nothing. */
static char *ask(const char *bytes, size_t n, size_t piece)
{
	static char answer[1 << 20];
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t got = 0;
	ssize_t more;

	strcpy(at.sun_path, path);
	must(connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	for (size_t i = 0; i < n; i += piece) {
		size_t len = n - i < piece ? n - i : piece;

		if (send(fd, bytes + i, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
		run_loop();
	}
	shutdown(fd, SHUT_WR);
	run_loop();
	while ((more = recv(fd, answer + got, sizeof(answer) - 1 - got,
			MSG_DONTWAIT)) > 0) {
		got += (size_t)more;
		run_loop();
	}
	close(fd);
	run_loop();
	answer[got] = '\0';
	return got ? answer : NULL;
}

static void check(const char *answer)
{
	json_t *message = json_loads(answer, 0, NULL);

	must(json_is_object(message));
	must(json_is_boolean(json_object_get(message, "ok")));
	if (json_is_false(json_object_get(message, "ok")))
		must(json_is_string(json_object_get(message, "error")));
	must(strchr(answer, '\n') == answer + strlen(answer) - 1);
	json_decref(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char good[] = "{\"command\":\"status\"}\n";
	const char *answer;

	answer = ask((const char *)data, n, n % 7 ? n : 1 + n / 3);
	must(answer || !memchr(data, '\n', n));
	if (answer)
		check(answer);
	answer = ask(good, strlen(good), 100);
	must(answer && strstr(answer, "\"ok\":true"));
	return 0;
}
