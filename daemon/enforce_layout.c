/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel is to know before any ban: the jails with their ports, and
 * whom it lets through unseen. Nobody whom one jail may ban is let through.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"
#include "daemon/enforce_parts.h"
#include "daemon/warden.h"
#include "jails/ignore.h"
#include "lib/clock.h"
#include "lib/log.h"

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
