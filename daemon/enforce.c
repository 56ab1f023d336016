/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the engine's decisions to the warden's requests. A single ban leaves
 * with the chunk of lines that brought it; a burst leaves in requests as large
 * as the warden takes.
 */
#include "daemon/enforce.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"
#include "daemon/enforce_parts.h"
#include "lib/clock.h"
#include "lib/log.h"

/* Bans out of the state that the warden is told of together. */
#define RESTORED_AT_ONCE 2000

struct enforce *enforce_new(
	struct warden_client *client, const struct enforce_user *user)
{
	struct enforce *e = calloc(1, sizeof(*e));

	if (!e)
		abort();
	e->client = client;
	e->user = *user;
	if (client)
		warden_client_on_changed(client, enforce_changed, e);
	return e;
}

void enforce_free(struct enforce **enforce)
{
	if (!*enforce)
		return;
	refused_deinit(&(*enforce)->refused);
	free((*enforce)->orders);
	free(*enforce);
	*enforce = NULL;
}

static void order_add(struct enforce *e, const struct ban *ban, bool is_ban,
	uint32_t seconds, bool refresh)
{
	if (!e->client)
		return;
	if (e->n == e->room) {
		e->room = e->room ? e->room * 2 : 256;
		e->orders =
			reallocarray(e->orders, e->room, sizeof(*e->orders));
		if (!e->orders)
			abort();
	}
	e->orders[e->n] = (struct enforce_order){.ban = is_ban,
		.jail = ban->jail,
		.nr = e->next_nr++,
		.entry = {.prefix = ban->who,
			.seconds = seconds,
			.refresh = refresh}};
	e->n++;
	e->sorted = false;
}

static void ban_add(struct enforce *e, const struct ban *ban, bool refresh)
{
	int64_t left = ban->end - clock_wall() / CLOCK_SECOND;

	if (ban->end == BAN_FOREVER)
		left = 0;
	else if (left <= 0)
		return;
	else if (left > REQUEST_SECONDS_MOST)
		left = REQUEST_SECONDS_MOST;
	order_add(e, ban, true, (uint32_t)left, refresh);
}

void enforce_ban(struct enforce *e, const struct ban *ban)
{
	ban_add(e, ban, true);
}

void enforce_keep(struct enforce *e, const struct ban *ban)
{
	ban_add(e, ban, false);
}

void enforce_restore(struct enforce *e, const struct ban *ban)
{
	ban_add(e, ban, false);
	/* A warden that takes no more now is left alone until the end. */
	if (e->n == RESTORED_AT_ONCE)
		enforce_flush(e);
}

void enforce_unban(struct enforce *e, const struct ban *ban)
{
	order_add(e, ban, false, 0, false);
}

bool enforce_waits(const struct enforce *e)
{
	return e->n > 0;
}

void enforce_counts(const struct enforce *e, struct enforce_counts *out)
{
	*out = e->counts;
}

void enforce_on_counts(const struct reply *reply, void *context)
{
	struct enforce *e = context;

	if (reply->type != REPLY_DONE || reply->result < 0)
		return;
	e->counts.transactions = reply->values[STATS_TRANSACTIONS];
	e->counts.elements = reply->values[STATS_ELEMENTS];
	e->counts.errors = reply->values[STATS_ERRORS];
	e->counts.cut = reply->values[STATS_CUT];
}

/* What was sent in one request, kept until its answer: which entry was it? */
struct sent {
	struct enforce *enforce;
	char jail[LAYOUT_NAME_MOST + 1];
	bool ban;
	size_t n;
	struct request_entry entries[];
};

static void take_refused(const struct sent *sent, const struct reply *reply)
{
	struct enforce *e = sent->enforce;

	for (size_t i = 0; i < reply->n; i++) {
		const struct reply_refused *r = &reply->refused[i];
		const struct prefix *who;

		if (r->index >= sent->n)
			continue;
		who = &sent->entries[r->index].prefix;
		/* No table: that was told, and all bans are put in once there
		 * is. */
		if (!e->layout_error)
			refused_take(&e->refused, sent->jail, who, r->error,
				sent->ban);
		else if (!sent->ban)
			refused_keep(&e->refused, sent->jail, who);
	}
}

static void on_sent(const struct reply *reply, void *context)
{
	struct sent *sent = context;

	if (reply->type == REPLY_REFUSED)
		take_refused(sent, reply);
	if (reply->type != REPLY_DONE)
		return;
	if (reply->values[1] > sent->enforce->remade) {
		sent->enforce->remade = reply->values[1];
		log_warning("nftables: the table inet mailban was gone: "
			    "made anew, every ban is put into it again");
		sent->enforce->user.lost(sent->enforce->user.ctx);
	}
	free(sent);
}

static int send_orders(
	struct enforce *e, const struct enforce_order *orders, size_t n)
{
	struct sent *sent =
		calloc(1, sizeof(*sent) + n * sizeof(*sent->entries));
	struct request request = {
		.type = orders->ban ? REQUEST_BAN : REQUEST_UNBAN,
		.jail = orders->jail,
		.n = n,
	};
	int r;

	if (!sent)
		return -ENOMEM;
	sent->enforce = e;
	sent->ban = orders->ban;
	sent->n = n;
	strcpy(sent->jail, e->config->items[orders->jail].jail->name);
	for (size_t i = 0; i < n; i++)
		sent->entries[i] = orders[i].entry;
	request.entries = sent->entries;
	r = warden_client_send(e->client, &request, on_sent, sent);
	if (r < 0)
		free(sent);
	return r;
}

static int compare_orders(const void *a, const void *b)
{
	const struct enforce_order *x = a, *y = b;

	if (x->jail != y->jail)
		return x->jail < y->jail ? -1 : 1;
	return x->nr < y->nr ? -1 : x->nr > y->nr;
}

void enforce_flush(struct enforce *e)
{
	size_t at = 0;
	int r;

	if (e->n == 0)
		return;
	/* A warden that takes nothing is tried often: not sorted each time. */
	if (e->n > 1 && !e->sorted)
		qsort(e->orders, e->n, sizeof(*e->orders), compare_orders);
	e->sorted = true;
	while (at < e->n) {
		size_t n = 1;

		while (at + n < e->n && n < REQUEST_ENTRIES_MOST &&
			e->orders[at + n].jail == e->orders[at].jail &&
			e->orders[at + n].ban == e->orders[at].ban)
			n++;
		r = send_orders(e, e->orders + at, n);
		if (r == -ENOBUFS || r == -ENOMEM || r == -EPIPE)
			break;
		/* It could never be sent: the rest must not wait for it. */
		if (r < 0)
			log_error("[%s] %zu orders cannot be told to the "
				  "warden: %s",
				e->config->items[e->orders[at].jail].jail->name,
				n, strerror(-r));
		at += n;
	}
	if (at == 0)
		return;
	memmove(e->orders, e->orders + at, (e->n - at) * sizeof(*e->orders));
	e->n -= at;
}
