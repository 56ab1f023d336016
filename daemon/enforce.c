/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the engine's decisions to the warden's requests. A single ban leaves
 * with the chunk of lines that brought it; a burst leaves in requests as large
 * as the warden takes.
 */
#include "daemon/enforce.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"
#include "daemon/refused.h"
#include "daemon/warden.h"
#include "jails/ignore.h"
#include "lib/clock.h"
#include "lib/log.h"

/*
 * Others may change the ruleset all the time, what is theirs of it: healing
 * takes no more than one part of so many of the time.
 */
#define HEAL_SHARE 10
/* A table that could not be laid out is tried again. */
#define LAYOUT_AGAIN (5 * CLOCK_SECOND)
/* Bans out of the state that the warden is told of together. */
#define RESTORED_AT_ONCE 2000
/* Requests without an answer, of which there are some in a burst. */
#define PENDING_MOST 10000

struct order {
	bool ban; /* else unban */
	uint16_t jail;
	uint64_t nr; /* keeps their order when sorted */
	struct request_entry entry;
};

struct enforce {
	struct warden_client *client;
	const struct config *config;
	struct order *orders;
	size_t n, room;
	uint64_t next_nr;
	bool sorted;
	struct enforce_counts counts;
	uint64_t remade; /* how often the table was, as last told */
	struct enforce_user user;
	bool changed;	      /* by others, and not healed since */
	int layout_error;     /* 0, or why there is no table */
	int64_t layout_after; /* then: tried again, monotonic */
	struct refused refused;
	bool healing;	    /* and the warden is not through with it */
	int64_t heal_began; /* monotonic */
	int64_t heal_after; /* not before, monotonic */
};

static void on_changed(void *context);

struct enforce *enforce_new(
	struct warden_client *client, const struct enforce_user *user)
{
	struct enforce *e = calloc(1, sizeof(*e));

	if (!e)
		abort();
	e->client = client;
	e->user = *user;
	if (client)
		warden_client_on_changed(client, on_changed, e);
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

/* What the kernel must know of a jail; ports that do not fit make it all. */
static void fill_layout(struct layout_jail *to, const struct jail *jail)
{
	strcpy(to->name, jail->name);
	to->elements = LAYOUT_ELEMENTS_DEFAULT;
	to->disconnect = jail->disconnect;
	if (jail->ports_all)
		return;
	if (jail->ports_n > LAYOUT_PORTS_MOST) {
		log_warning("[%s] has more than %d port ranges: its bans are "
			    "of all ports",
			jail->name, LAYOUT_PORTS_MOST);
		return;
	}
	if (jail->tcp)
		to->protocols[to->n_protocols++] = IPPROTO_TCP;
	if (jail->udp)
		to->protocols[to->n_protocols++] = IPPROTO_UDP;
	for (size_t i = 0; i < jail->ports_n; i++)
		to->ports[to->n_ports++] = (struct layout_port){
			jail->ports[i].first, jail->ports[i].last};
	layout_ports_join(to);
}

static void on_allow(const struct reply *reply, void *context)
{
	const struct enforce *e = context;

	/* Without a table there is no set of them, which is told. */
	if (reply->type == REPLY_DONE && reply->result < 0 && !e->layout_error)
		log_error("nftables: the allow list is not in force: %s",
			reply->text[0] ? reply->text
				       : strerror(-reply->result));
}

/* Told once; it is tried again, as others may let go of the table. */
static void on_layout(const struct reply *reply, void *context)
{
	struct enforce *e = context;

	if (reply->type != REPLY_DONE)
		return;
	if (reply->result < 0 && reply->result != e->layout_error)
		log_error("nftables: the table could not be laid out, nobody "
			  "is banned: %s",
			reply->text[0] ? reply->text
				       : strerror(-reply->result));
	else if (reply->result == 0 && e->layout_error)
		log_notice("nftables: the table is laid out now");
	e->layout_error = reply->result;
	e->layout_after = clock_mono() + LAYOUT_AGAIN;
}

static bool all_ignore(const struct config *config, const struct prefix *p)
{
	for (size_t i = 0; i < config->n; i++)
		if (!prefixset_covers(&config->items[i].jail->ignoreip, p))
			return false;
	return true;
}

/* Own addresses too, unless a jail says that it bans them. */
static int add_safe(const struct config *config, struct prefixset *all)
{
	bool ignoreself = true;
	int r = 0;

	for (size_t i = 0; i < config->n; i++)
		ignoreself &= config->items[i].jail->ignoreself;
	if (ignoreself)
		r = ignore_own_addresses(all);
	for (size_t i = 0; i < config->safe.set.n && r == 0; i++)
		r = prefixset_add(all, &config->safe.set.items[i]);
	return r;
}

/* What every jail ignores is let through by the kernel too. */
int enforce_allow(struct enforce *e)
{
	const struct prefixset *first;
	struct prefixset all;
	int r = 0;

	if (!e->client)
		return 0;
	prefixset_init(&all);
	if (e->config->n > 0) {
		first = &e->config->items[0].jail->ignoreip;
		for (size_t i = 0; i < first->n && r == 0; i++)
			if (all_ignore(e->config, &first->items[i]))
				r = prefixset_add(&all, &first->items[i]);
	}
	if (r == 0 && e->config->settings.never_lock_out)
		r = add_safe(e->config, &all);
	if (all.n > WARDEN_ALLOW_MOST) {
		log_warning("ignoreip: the kernel lets %u of %zu prefixes "
			    "through unseen; the rest is not banned either",
			WARDEN_ALLOW_MOST, all.n);
		all.n = WARDEN_ALLOW_MOST;
	}
	if (r == 0)
		r = warden_client_allow(
			e->client, all.items, all.n, on_allow, e);
	prefixset_deinit(&all);
	return r;
}

int enforce_layout(struct enforce *e, const struct config *config)
{
	struct layout layout = {.n = config->n};
	int r;

	/* What is gathered is numbered by the old configuration. */
	enforce_flush(e);
	if (e->n > 0)
		return -EBUSY;
	e->config = config;
	if (!e->client)
		return 0;
	layout.jails = calloc(config->n + 1, sizeof(*layout.jails));
	if (!layout.jails)
		return -ENOMEM;
	for (size_t i = 0; i < config->n; i++)
		fill_layout(&layout.jails[i], config->items[i].jail);
	r = warden_client_layout(e->client, &layout, on_layout, e);
	free(layout.jails);
	if (r == 0)
		r = enforce_allow(e);
	return r;
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
	e->orders[e->n] = (struct order){.ban = is_ban,
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

static int send_orders(struct enforce *e, const struct order *orders, size_t n)
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
	const struct order *x = a, *y = b;

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

static void on_counts(const struct reply *reply, void *context)
{
	struct enforce *e = context;

	if (reply->type != REPLY_DONE || reply->result < 0)
		return;
	e->counts.transactions = reply->values[STATS_TRANSACTIONS];
	e->counts.elements = reply->values[STATS_ELEMENTS];
	e->counts.errors = reply->values[STATS_ERRORS];
	e->counts.cut = reply->values[STATS_CUT];
}

/* Answers come in order: all that the healing sent is in the kernel. */
static void on_healed(const struct reply *reply, void *context)
{
	struct enforce *e = context;
	int64_t now = clock_mono();

	e->healing = false;
	refused_settle(&e->refused);
	e->heal_after = now + (HEAL_SHARE - 1) * (now - e->heal_began);
	if (reply->type == REPLY_DONE && reply->result == 0)
		on_counts(reply, context);
}

/* What the kernel would not lift, but where it was banned again since. */
static void lift_again(struct enforce *e)
{
	size_t n;
	struct refused_unban *unbans = refused_again(&e->refused, &n);

	for (size_t i = 0; i < n; i++) {
		struct ban ban = {.who = unbans[i].who};

		while (ban.jail < e->config->n &&
			strcmp(e->config->items[ban.jail].jail->name,
				unbans[i].jail) != 0)
			ban.jail++;
		if (ban.jail < e->config->n &&
			!e->user.wants(e->user.ctx, ban.jail, &ban.who))
			enforce_unban(e, &ban);
	}
	free(unbans);
}

/* All that is wanted, which the kernel may have or not. */
static void put_all(struct enforce *e)
{
	lift_again(e);
	e->user.lost(e->user.ctx);
}

/* The table and its rules anew, and every ban that is not in it. */
static void heal(struct enforce *e)
{
	struct request request = {.type = REQUEST_STATS};
	int64_t now = clock_mono();

	if ((!e->changed && !refused_due(&e->refused)) || e->healing ||
		now < e->heal_after)
		return;
	e->heal_began = now;
	if (enforce_layout(e, e->config) < 0)
		return;
	if (e->changed)
		log_info("nftables: others changed the ruleset: what is ours "
			 "is put in again where it is missing");
	e->changed = false;
	put_all(e);
	enforce_flush(e);
	e->healing = warden_client_send(e->client, &request, on_healed, e) == 0;
}

static void on_changed(void *context)
{
	struct enforce *e = context;

	e->changed = true;
	heal(e);
}

void enforce_look_again(struct enforce *e)
{
	struct request request = {.type = REQUEST_STATS};

	/* One that does not answer is not asked ever more. */
	if (!e->client || warden_client_pending(e->client) > PENDING_MOST)
		return;
	warden_client_send(e->client, &request, on_counts, e);
	if (e->layout_error && clock_mono() >= e->layout_after) {
		e->layout_after = clock_mono() + LAYOUT_AGAIN;
		if (enforce_layout(e, e->config) == 0)
			put_all(e);
	}
	heal(e);
}

void enforce_counts(const struct enforce *e, struct enforce_counts *out)
{
	*out = e->counts;
}
