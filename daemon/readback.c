/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Out of the kernel's sets into the list of bans. A dump of a large set takes
 * long (a million elements half a minute), so it is for a start that cannot
 * trust what it kept, and for no other.
 */
#include "daemon/readback.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/decisions.h"
#include "daemon/warden_client.h"
#include "lib/log.h"

struct readback {
	struct decisions *decisions;
	size_t jail; /* that the next answer is about */
	size_t left; /* answers that are still to come */
	size_t taken;
};

static void take(struct readback *b, const struct reply_element *e)
{
	int64_t left = (int64_t)(e->remaining / 1000);
	int64_t over = (int64_t)(e->timeout / 1000) - left;

	if (e->timeout == 0)
		left = -1;
	b->taken += decisions_adopt(
		b->decisions, b->jail, &e->prefix, over > 0 ? over : 0, left);
}

static void finish(struct readback *b)
{
	if (b->taken)
		log_notice("%zu ban%s that the kernel holds and the state did "
			   "not know: taken into the list",
			b->taken, b->taken == 1 ? "" : "s");
	free(b);
}

static void on_reply(const struct reply *reply, void *context)
{
	struct readback *b = context;

	for (size_t i = 0; reply->type == REPLY_ELEMENTS && i < reply->n; i++)
		take(b, &reply->elements[i]);
	if (reply->type != REPLY_DONE)
		return;
	if (reply->result < 0 && reply->result != -EPIPE)
		log_warning("the kernel's bans cannot be read back: %s",
			strerror(-reply->result));
	b->jail++;
	if (--b->left == 0)
		finish(b);
}

void readback_begin(
	struct warden_client *client, struct decisions *decisions, size_t n)
{
	struct readback *b = calloc(1, sizeof(*b));
	struct request request = {.type = REQUEST_DUMP};

	if (!b)
		abort();
	b->decisions = decisions;
	/* An answer may come before the last question is asked. */
	b->left = 1;
	for (; request.jail < n; request.jail++) {
		if (warden_client_send(client, &request, on_reply, b) < 0)
			break;
		b->left++;
	}
	if (--b->left == 0)
		finish(b);
}
