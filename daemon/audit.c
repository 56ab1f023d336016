/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slow look at what the kernel really has. It only compares: what is
 * missing is put in again by the healing, which does not wait for this. What
 * ends about now may be counted or not, so what is wanted is a range.
 */
#include "daemon/audit.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"
#include "daemon/decisions.h"
#include "daemon/enforce.h"
#include "daemon/engine.h"
#include "daemon/warden_client.h"
#include "lib/clock.h"
#include "lib/log.h"

#define EVERY (600 * CLOCK_SECOND)
/* Not more often than this for others' changes. */
#define SOON (60 * CLOCK_SECOND)
/* The next look after one that found a difference, and what it takes. */
#define AGAIN (5 * CLOCK_SECOND)
#define STAYS (3 * CLOCK_SECOND)
/* Seconds by which the kernel may end a ban before or after us. */
#define SLACK 3

struct count {
	char jail[LAYOUT_NAME_MOST + 1];
	uint32_t low, high; /* wanted */
	bool counted, known;
	bool fresh; /* this time, and not before */
	uint32_t enforced;
	int64_t differs_since; /* monotonic, 0: it does not */
	bool differs, told;
};

/* Who waits for the look that is under way. */
struct waiter {
	struct waiter *next;
	audit_fn fn;
	void *ctx;
};

struct audit {
	struct engine *engine;
	const struct config *config; /* that counts are numbered by */
	struct count *counts;
	size_t n; /* of them */
	struct waiter *waiters;
	sd_event_source *timer; /* for those who wait */
	size_t under_way;	/* questions without an answer */
	size_t next;		/* within: the jail that is answered next */
	int64_t last, due;	/* monotonic */
};

struct audit *audit_new(struct engine *engine)
{
	struct audit *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	a->engine = engine;
	a->due = clock_mono() + EVERY;
	return a;
}

void audit_free(struct audit **audit)
{
	struct audit *a = *audit;

	while (a && a->waiters) {
		struct waiter *next = a->waiters->next;

		free(a->waiters);
		a->waiters = next;
	}
	if (a) {
		sd_event_source_disable_unref(a->timer);
		free(a->counts);
	}
	free(a);
	*audit = NULL;
}

void audit_reconfigure(struct audit *a)
{
	a->config = NULL;
}

static struct count *find(const struct audit *a, const char *jail)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->counts[i].jail, jail) == 0)
			return &a->counts[i];
	return NULL;
}

/* A reload numbers the jails anew; what was counted of them stays. */
static void follow_config(struct audit *a)
{
	const struct config *config = a->engine->config;
	struct count *counts;

	if (a->config == config)
		return;
	counts = calloc(config->n + 1, sizeof(*counts));
	if (!counts)
		abort();
	for (size_t i = 0; i < config->n; i++) {
		const char *name = config->items[i].jail->name;
		const struct count *before = find(a, name);

		if (before)
			counts[i] = *before;
		strcpy(counts[i].jail, name);
	}
	free(a->counts);
	a->counts = counts;
	a->n = config->n;
	a->config = config;
}

static void add_ban(void *ctx, const struct ban *ban)
{
	struct count *c = ctx;
	int64_t now = clock_wall() / CLOCK_SECOND;

	c->low += ban->end == BAN_FOREVER || ban->end > now + SLACK;
	c->high++;
}

static void tell(struct audit *a, size_t jail, struct count *c)
{
	const char *name = a->config->items[jail].jail->name;
	bool more = c->enforced > c->high;

	if (c->differs && !c->told)
		log_error("[%s] nftables holds %u of %u bans%s", name,
			c->enforced, c->high,
			more ? ": somebody has put others into its sets; 'nft "
			       "flush table inet mailban' has them made anew"
			     : " though each was put in; see what else changes "
			       "the ruleset ('nft monitor')");
	else if (!c->differs && c->told)
		log_info("[%s] nftables holds what is wanted again", name);
	c->told = c->differs;
}

static void judge(struct audit *a, size_t jail)
{
	struct count *c = &a->counts[jail];
	int64_t now = clock_mono();

	if (!c->fresh)
		return;
	if (c->enforced >= c->low && c->enforced <= c->high)
		c->differs_since = 0;
	else if (!c->differs_since)
		c->differs_since = now;
	c->differs = c->differs_since && now - c->differs_since >= STAYS;
	if (c->differs_since)
		a->due = now + AGAIN;
	tell(a, jail, c);
}

static void answer(struct audit *a)
{
	struct waiter *waiters = a->waiters;

	a->waiters = NULL;
	while (waiters) {
		struct waiter *next = waiters->next;

		waiters->fn(waiters->ctx);
		free(waiters);
		waiters = next;
	}
}

static int on_patience(sd_event_source *s, uint64_t now, void *ctx)
{
	(void)s;
	(void)now;
	answer(ctx);
	return 0;
}

static void finish(struct audit *a)
{
	a->last = clock_mono();
	a->due = a->last + EVERY;
	if (a->config == a->engine->config)
		for (size_t i = 0; i < a->config->n; i++)
			judge(a, i);
	answer(a);
}

static void on_count(const struct reply *reply, void *context)
{
	struct audit *a = context;
	struct count *c;

	if (reply->type != REPLY_DONE)
		return;
	while (!a->counts[a->next].counted)
		a->next++;
	c = &a->counts[a->next++];
	/* With holes it is no count: the last one stands. */
	c->fresh = reply->result == 0 && reply->values[1] == 0;
	if (reply->result < 0) {
		c->known = false;
	} else if (c->fresh) {
		c->known = true;
		c->enforced = (uint32_t)reply->values[0];
	}
	if (--a->under_way == 0)
		finish(a);
}

/* True if questions are under way now. */
static bool begin(struct audit *a)
{
	struct request request = {.type = REQUEST_COUNT};
	const struct engine *e = a->engine;

	if (a->under_way)
		return true;
	/* What waits to be sent is not there yet. */
	enforce_flush(e->enforce);
	if (!e->warden || enforce_waits(e->enforce))
		return false;
	follow_config(a);
	a->next = 0;
	for (size_t i = 0; i < a->config->n; i++) {
		struct count *c = &a->counts[i];

		c->low = c->high = 0;
		c->counted = banlist_size_of(decisions_bans(e->decisions),
				     (uint16_t)i) <= AUDIT_JAIL_MOST;
		c->known &= c->counted;
		c->fresh = false;
		request.jail = (uint32_t)i;
		if (c->counted)
			c->counted = warden_client_send(e->warden, &request,
					     on_count, a) == 0;
		if (!c->counted)
			continue;
		a->under_way++;
		banlist_each(
			decisions_bans(e->decisions), (uint16_t)i, add_ban, c);
	}
	return a->under_way > 0;
}

void audit_tick(struct audit *a)
{
	if (clock_mono() >= a->due && !a->under_way && !begin(a))
		a->due = clock_mono() + EVERY;
}

void audit_soon(struct audit *a)
{
	int64_t soon = clock_mono() + CLOCK_SECOND;

	if (a->last && soon < a->last + SOON)
		soon = a->last + SOON;
	if (soon < a->due)
		a->due = soon;
}

/* The first who waits sets the time for all. */
static bool set_timer(struct audit *a)
{
	if (a->waiters)
		return true;
	sd_event_source_disable_unref(a->timer);
	a->timer = NULL;
	return sd_event_add_time_relative(a->engine->loop, &a->timer,
		       CLOCK_MONOTONIC, AUDIT_PATIENCE, 1000, on_patience,
		       a) >= 0;
}

bool audit_ask(struct audit *a, audit_fn fn, void *ctx)
{
	struct waiter *w;

	if (banlist_size(decisions_bans(a->engine->decisions)) >
			AUDIT_ASKED_MOST ||
		!begin(a) || !set_timer(a))
		return false;
	w = calloc(1, sizeof(*w));
	if (!w)
		abort();
	*w = (struct waiter){.next = a->waiters, .fn = fn, .ctx = ctx};
	a->waiters = w;
	return true;
}

void audit_jail(const struct audit *a, size_t jail, struct audit_jail *out)
{
	const char *name = a->engine->config->items[jail].jail->name;
	const struct count *c = a->config == a->engine->config
					? &a->counts[jail]
					: find(a, name);

	*out = (struct audit_jail){.known = false};
	if (c)
		*out = (struct audit_jail){.known = c->known,
			.enforced = c->enforced,
			.differs = c->differs};
}
