/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban list: wanted and enforced side by side. The kernel is asked jail by
 * jail; what it holds is sorted and each ban is looked up in it.
 */
#include "daemon/list.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"
#include "daemon/decisions.h"
#include "daemon/engine.h"
#include "daemon/reason.h"
#include "daemon/warden_client.h"
#include "lib/clock.h"

/* A jail is dumped so often at most. */
#define DUMPS_MOST 5

/* One jail's elements in the kernel. */
struct held {
	struct reply_element *items;
	size_t n, room;
};

struct list {
	struct engine *engine;
	struct control_call *call;
	const struct config *config; /* that the jails are numbered by */
	json_t *rows;
	size_t jail, last; /* the one that is being asked, and the last */
	struct held held;
	int tries; /* to dump it, that broke off */
};

static int compare_elements(const void *a, const void *b)
{
	const struct reply_element *x = a, *y = b;
	int c = addr_compare(&x->prefix.net, &y->prefix.net);

	return c ? c : (int)x->prefix.len - (int)y->prefix.len;
}

static void add_row(void *ctx, const struct ban *ban)
{
	struct list *list = ctx;
	struct reply_element key = {.prefix = ban->who}, *found = NULL;
	int64_t now = clock_wall() / CLOCK_SECOND;
	char text[PREFIX_TEXT], reason[REASON_TEXT];
	json_t *row;

	if (list->held.n)
		found = bsearch(&key, list->held.items, list->held.n,
			sizeof(key), compare_elements);
	row = json_pack("{s:s,s:s,s:I,s:I,s:s,s:b,s:I,s:I}", "jail",
		list->config->items[ban->jail].jail->name, "address",
		prefix_format(&ban->who, text), "start", (json_int_t)ban->start,
		"count", (json_int_t)ban->count, "reason",
		reason_format(ban->reason, reason), "enforced", found != NULL,
		"packets", (json_int_t)(found ? found->packets : 0), "bytes",
		(json_int_t)(found ? found->bytes : 0));
	if (ban->end == BAN_FOREVER) {
		json_object_set_new(row, "end", json_null());
		json_object_set_new(row, "remaining", json_null());
	} else {
		json_object_set_new(row, "end", json_integer(ban->end));
		json_object_set_new(row, "remaining",
			json_integer(ban->end > now ? ban->end - now : 0));
	}
	json_array_append_new(list->rows, row);
}

static void list_end(struct list *list, json_t *message)
{
	control_reply(list->call, message);
	free(list->held.items);
	free(list);
}

static void ask_next(struct list *list);

/* The sets changed while they were dumped, so that some may be missing: what
 * another dump has is added. */
static bool has_holes(struct list *list, const struct reply *done)
{
	return done->result == 0 && done->values[1] &&
	       ++list->tries < DUMPS_MOST;
}

static void on_dump(const struct reply *reply, void *context)
{
	struct list *list = context;
	struct held *held = &list->held;

	if (reply->type == REPLY_ELEMENTS) {
		if (held->n + reply->n > held->room) {
			held->room = (held->n + reply->n) * 2;
			held->items = reallocarray(
				held->items, held->room, sizeof(*held->items));
			if (!held->items)
				abort();
		}
		memcpy(held->items + held->n, reply->elements,
			reply->n * sizeof(*held->items));
		held->n += reply->n;
		return;
	}
	if (reply->type != REPLY_DONE)
		return;
	if (list->engine->config != list->config) {
		json_decref(list->rows);
		list_end(
			list, control_error(1, "the configuration was reloaded "
					       "meanwhile; ask again"));
		return;
	}
	if (reply->result < 0) {
		json_decref(list->rows);
		list_end(list,
			control_error(2, "the kernel cannot be asked: %s",
				reply->text[0] ? reply->text
					       : strerror(-reply->result)));
		return;
	}
	if (has_holes(list, reply)) {
		ask_next(list);
		return;
	}
	list->tries = 0;
	if (held->n)
		qsort(held->items, held->n, sizeof(*held->items),
			compare_elements);
	banlist_each(decisions_bans(list->engine->decisions),
		(uint16_t)list->jail, add_row, list);
	held->n = 0;
	list->jail++;
	ask_next(list);
}

/* Asks for the next jail that has bans; answers the call after the last. */
static void ask_next(struct list *list)
{
	const struct banlist *bans = decisions_bans(list->engine->decisions);
	struct request request = {.type = REQUEST_DUMP};

	while (list->jail < list->last &&
		banlist_size_of(bans, (uint16_t)list->jail) == 0)
		list->jail++;
	if (list->jail == list->last) {
		list_end(list, control_ok(list->rows));
		return;
	}
	request.jail = (uint32_t)list->jail;
	if (warden_client_send(list->engine->warden, &request, on_dump, list) <
		0) {
		json_decref(list->rows);
		list_end(list,
			control_error(2, "the warden is busy; try again"));
	}
}

json_t *list_begin(
	struct engine *engine, size_t jail, struct control_call *call)
{
	struct list *list = calloc(1, sizeof(*list));
	json_t *rows;

	if (!list)
		abort();
	list->engine = engine;
	list->call = call;
	list->config = engine->config;
	list->rows = rows = json_array();
	list->jail = jail == LIST_ALL ? 0 : jail;
	list->last = jail == LIST_ALL ? engine->config->n : jail + 1;
	if (engine->warden) {
		ask_next(list);
		return NULL;
	}
	banlist_each(decisions_bans(engine->decisions),
		jail == LIST_ALL ? BANLIST_ALL : (uint16_t)jail, add_row, list);
	free(list);
	return control_ok(rows);
}
