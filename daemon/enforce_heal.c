/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What others do to the ruleset is put right: the table, its rules and every
 * ban that is wanted again, now and then and never all of the time. What the
 * kernel refused is tried again by the same way.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"
#include "daemon/enforce_parts.h"
#include "lib/clock.h"
#include "lib/log.h"

/*
 * Others may change the ruleset all the time, what is theirs of it: healing
 * takes no more than one part of so many of the time.
 */
#define HEAL_SHARE 10
/* Requests without an answer, of which there are some in a burst. */
#define PENDING_MOST 10000

/* Answers come in order: all that the healing sent is in the kernel. */
static void on_healed(const struct reply *reply, void *context)
{
	struct enforce *e = context;
	int64_t now = clock_mono();

	e->healing = false;
	refused_settle(&e->refused);
	e->heal_after = now + (HEAL_SHARE - 1) * (now - e->heal_began);
	if (reply->type == REPLY_DONE && reply->result == 0)
		enforce_on_counts(reply, context);
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

void enforce_changed(void *context)
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
	warden_client_send(e->client, &request, enforce_on_counts, e);
	if (e->layout_error && clock_mono() >= e->layout_after) {
		e->layout_after = clock_mono() + LAYOUT_AGAIN;
		if (enforce_layout(e, e->config) == 0)
			put_all(e);
	}
	heal(e);
}
