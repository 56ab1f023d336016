/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_WARDEN_CLIENT_H
#define MAILBAN_DAEMON_WARDEN_CLIENT_H

#include <stddef.h>
#include <sys/types.h>

#include "daemon/request.h"

/*
 * The engine's end of the pair. Nothing here waits, but warden_client_wait:
 * requests go into a queue, and process() moves what can be moved. Answers
 * come in the order of the requests.
 */
struct warden_client;

/* Bytes that may wait to be sent; beyond that a request is refused. */
#define WARDEN_CLIENT_QUEUE_MOST (16u << 20)

/*
 * Called for each reply to a request, the last being REPLY_DONE; reply and
 * its lists live only during the call. When the warden is gone, each request
 * still unanswered gets a REPLY_DONE with -EPIPE. May send new requests; must
 * not free the client.
 */
typedef void (*warden_reply_fn)(const struct reply *reply, void *context);

/*
 * Starts the warden (spawn.h) as this user and group, and asks its
 * version. To be called while the process still has the capabilities that the
 * warden is to keep. 0 or -errno (-ENOENT: no such program).
 */
int warden_client_spawn(
	struct warden_client **out, uid_t uid, gid_t gid, bool confined);
/* The same over a socket that is there; owns fd. pid may be 0: no child. */
int warden_client_new(struct warden_client **out, int fd, pid_t pid);
/*
 * Closes the socket, upon which the warden ends by itself once it has done
 * what was sent; waits for that end. Returns its wait status, 0 if *client is
 * NULL. Unanswered requests are dropped without a call.
 */
int warden_client_free(struct warden_client **client);
/*
 * For a warden that does not answer: it is killed, and who waits for it is
 * told -EPIPE. Only warden_client_free makes sense after it.
 */
void warden_client_abandon(struct warden_client *client);

int warden_client_fd(const struct warden_client *client);
pid_t warden_client_pid(const struct warden_client *client);
/* What to poll the descriptor for: POLLIN, and POLLOUT while bytes wait. */
short warden_client_events(const struct warden_client *client);
/* Requests that have no REPLY_DONE yet. */
size_t warden_client_pending(const struct warden_client *client);
/*
 * Sends and receives what can be without waiting. 0; -EPIPE when the warden
 * is gone or -EBADMSG when it talks nonsense: then nothing can be sent to it
 * any more.
 */
int warden_client_process(struct warden_client *client);
/*
 * Processes until every request is answered, or ms milliseconds have passed
 * (-ETIMEDOUT). For the start and the end of the engine.
 */
int warden_client_wait(struct warden_client *client, int ms);

/*
 * fn is called, while process() or wait() run, when others have changed the
 * ruleset, be it in our table or not.
 */
typedef void (*warden_changed_fn)(void *context);
void warden_client_on_changed(
	struct warden_client *client, warden_changed_fn fn, void *context);

/*
 * Queues a request (its id is chosen here), and sends it at once if that does
 * not need waiting. 0; -ENOBUFS when too much waits already, -EMSGSIZE or
 * -EINVAL when it cannot be encoded, -EPIPE when the warden is gone. fn may be
 * NULL. On an error fn is never called.
 */
int warden_client_send(struct warden_client *client, const struct request *r,
	warden_reply_fn fn, void *context);

/*
 * A whole layout or list, in as many requests as needed; fn is called for the
 * replies of the last one only: REPLY_KEPT, then REPLY_DONE. An earlier one
 * that fails ends the warden.
 */
int warden_client_layout(struct warden_client *client,
	const struct layout *layout, warden_reply_fn fn, void *context);
int warden_client_allow(struct warden_client *client,
	const struct prefix *prefixes, size_t n, warden_reply_fn fn,
	void *context);

#endif
