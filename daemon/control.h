/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_CONTROL_H
#define MAILBAN_DAEMON_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

/*
 * The control socket: a connection carries one request, a JSON object on one
 * line, and one reply of the same form:
 *   {"command":"status"}  ->  {"ok":true,"result":...}
 *                         or  {"ok":false,"code":1,"error":"what to do"}
 * Anyone may connect; what each may ask stands in the table of commands.
 */
enum control_right {
	CONTROL_LOOK,	/* root, the daemon's user, members of its group */
	CONTROL_CHANGE, /* root and the daemon's user */
};

/* Builds a reply, owned by the caller. */
json_t *control_ok(json_t *result); /* takes the reference */
__attribute__((format(printf, 2, 3))) json_t *control_error(
	int code, const char *format, ...);

/* One request that is being answered. */
struct control_call;

struct control_command {
	const char *name;
	enum control_right right;
	/* The reply, or NULL: it comes later by control_reply. */
	json_t *(*run)(
		void *ctx, const json_t *request, struct control_call *call);
};

/*
 * Answers a call that run returned NULL for; takes the message. To be called
 * once for each, also when the peer has gone in between.
 */
void control_reply(struct control_call *call, json_t *message);

struct control;

/* Whether somebody listens at path already. */
bool control_is_taken(const char *path);

/*
 * Listens at path (made, mode 0666; an old socket there is replaced) in the
 * loop. commands ends with a NULL name. NULL with errno set if it cannot.
 */
struct control *control_new(sd_event *loop, const char *path, gid_t group,
	const struct control_command *commands, void *ctx);
/* Stops listening, drops the connections, removes the socket. */
void control_free(struct control **control);

#endif
