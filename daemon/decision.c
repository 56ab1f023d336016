/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From failures to bans. Windows run on the time of the lines, so that what
 * was logged while the daemon was down bans as it would have then; a line
 * from the future, or with no date, counts as now.
 */
#include "daemon/decision.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/config.h"
#include "daemon/state.h"
#include "jails/escalate.h"
#include "jails/ignore.h"
#include "jails/offender.h"
#include "jails/window.h"
#include "lib/clock.h"
#include "lib/log.h"

/* Lines of each kind that one second may write; the rest is summed up. */
#define FOUND_A_SECOND 200
/* How many windows' entries a tick looks at for each jail. */
#define EXPIRE_A_TICK 5000
#define EXPIRE_BANS_A_TICK 50000
/* Seconds between two cleanings of the state store. */
#define PRUNE_EVERY 600
/* The clock was set if it went so many seconds astray from the time since
 * boot, from one tick to the next. */
#define CLOCK_JUMP 10
/* Offenders are remembered so long after their last ban. */
#define OFFENDER_DAYS 30
#define TOUCHED_MOST 65536
/* A ban by hand that is longer is for ever: no clock gets there. */
#define SECONDS_MOST INT64_C(3155760000)
/* A line so many seconds old is not of this moment. */
#define BEHIND 60

struct room {
	const struct jail *jail;
	struct window *window;
	uint64_t total_failed, ignored, total_banned;
	uint32_t found_lines, found_left_out;
};

struct touched {
	size_t jail;
	struct addr who;
};

struct decisions {
	const struct config *config;
	struct state *state;
	struct decisions_out out;
	struct keytable_seed seed;
	uint64_t random;
	struct room *rooms; /* one for each jail of config */
	struct banlist *bans;
	struct offenders *offenders;
	struct prefixset own; /* this host's addresses */
	/* Lines of the last tick were old: windows are not cut by today's
	 * clock while what was missed is being read. */
	bool behind;
	int64_t clock_offset;	 /* wall clock less the time since boot */
	int64_t pruned;		 /* since boot, seconds */
	struct touched *touched; /* whose failures changed since the save */
	size_t touched_n;
};

static int64_t now_seconds(void)
{
	return clock_wall() / CLOCK_SECOND;
}

static int64_t clock_offset(void)
{
	return clock_wall() - clock_mono();
}

static struct window *window_for(
	const struct decisions *d, const struct jail *jail)
{
	struct window *w = window_new(jail->maxretry, jail->findtime,
		d->config->settings.max_tracked, &d->seed);

	if (!w)
		abort();
	return w;
}

static struct banlist *banlist_for(const struct decisions *d)
{
	struct banlist *bans = banlist_new(d->config->settings.max_bans,
		(uint16_t)(d->config->n + 1), &d->seed);

	if (!bans)
		abort();
	return bans;
}

static struct offenders *offenders_for(const struct decisions *d)
{
	struct offenders *o =
		offenders_new(d->config->settings.max_bans, &d->seed);

	if (!o)
		abort();
	return o;
}

static struct room *rooms_new(const struct decisions *d)
{
	struct room *rooms = calloc(d->config->n + 1, sizeof(*rooms));

	if (!rooms)
		abort();
	for (size_t i = 0; i < d->config->n; i++)
		rooms[i].jail = d->config->items[i].jail;
	return rooms;
}

struct decisions *decisions_new(const struct config *config,
	struct state *state, const struct decisions_out *out)
{
	struct decisions *d = calloc(1, sizeof(*d));

	if (!d)
		abort();
	d->config = config;
	d->state = state;
	d->out = *out;
	if (getrandom(&d->seed, sizeof(d->seed), 0) != sizeof(d->seed) ||
		getrandom(&d->random, sizeof(d->random), 0) !=
			sizeof(d->random))
		abort();
	d->rooms = rooms_new(d);
	for (size_t i = 0; i < config->n; i++)
		d->rooms[i].window = window_for(d, d->rooms[i].jail);
	d->bans = banlist_for(d);
	d->offenders = offenders_for(d);
	d->touched = calloc(TOUCHED_MOST, sizeof(*d->touched));
	if (!d->touched)
		abort();
	prefixset_init(&d->own);
	ignore_own_addresses(&d->own);
	d->clock_offset = clock_offset();
	return d;
}

void decisions_free(struct decisions **decisions)
{
	struct decisions *d = *decisions;

	if (!d)
		return;
	for (size_t i = 0; i < d->config->n; i++)
		window_free(&d->rooms[i].window);
	free(d->rooms);
	banlist_free(&d->bans);
	offenders_free(&d->offenders);
	prefixset_deinit(&d->own);
	free(d->touched);
	free(d);
	*decisions = NULL;
}

/* The jail of this name, config->n if there is none. */
static size_t jail_find(const struct config *config, const char *name)
{
	size_t i = 0;

	while (i < config->n && strcmp(config->items[i].jail->name, name) != 0)
		i++;
	return i;
}

/* The longest that a failure can count. */
static int64_t longest_findtime(const struct config *config)
{
	int64_t most = 0;

	for (size_t i = 0; i < config->n; i++)
		if (config->items[i].jail->findtime > most)
			most = config->items[i].jail->findtime;
	return most;
}

static void prune(struct decisions *d)
{
	int64_t now = now_seconds();

	d->pruned = clock_mono() / CLOCK_SECOND;
	state_prune(d->state, now, now - OFFENDER_DAYS * 86400,
		now - longest_findtime(d->config));
}

static void restore_ban(void *ctx, const char *jail, const struct prefix *who,
	int64_t start, int64_t end, uint32_t count)
{
	struct decisions *d = ctx;
	struct ban ban = {.who = *who,
		.jail = (uint16_t)jail_find(d->config, jail),
		.count = count,
		.start = start,
		.end = end ? end : BAN_FOREVER};
	int64_t now = now_seconds();

	if (ban.jail == d->config->n || ban.end <= now ||
		(start > now && ban.end <= start))
		return;
	/* The clock was ahead when it was kept. */
	if (start > now) {
		if (ban.end != BAN_FOREVER)
			ban.end -= start - now;
		ban.start = now;
	}
	/* Ignored since: the kernel may have it still. */
	if (ignore_has(d->rooms[ban.jail].jail, &d->own, who)) {
		d->out.unban(d->out.ctx, &ban);
		return;
	}
	if (banlist_add(d->bans, &ban) != BANLIST_FULL)
		d->out.ban(d->out.ctx, &ban);
}

static void restore_offender(void *ctx, const char *jail,
	const struct prefix *who, uint32_t count, int64_t last)
{
	struct decisions *d = ctx;
	size_t i = *jail ? jail_find(d->config, jail) : OFFENDER_ALL;

	if (i != d->config->n)
		offender_set(d->offenders, who, (uint16_t)i, count, last);
}

/* How a tracked address is kept: pairs of a time and a count. */
struct kept {
	int64_t time;
	uint32_t count, unused;
};

static void restore_failures(void *ctx, const char *jail,
	const struct addr *who, const void *bytes, size_t n)
{
	struct decisions *d = ctx;
	size_t i = jail_find(d->config, jail);
	struct kept kept;

	for (size_t at = 0; i < d->config->n && at + sizeof(kept) <= n;
		at += sizeof(kept)) {
		memcpy(&kept, (const char *)bytes + at, sizeof(kept));
		/* A maxretry that has become smaller must not ban now. */
		if (window_count(d->rooms[i].window, who) + kept.count <
			d->rooms[i].jail->maxretry)
			window_add(
				d->rooms[i].window, who, kept.time, kept.count);
	}
}

void decisions_restore(struct decisions *d)
{
	prune(d);
	state_each_offender(d->state, restore_offender, d);
	state_each_ban(d->state, restore_ban, d);
	state_each_failures(d->state, restore_failures, d);
}

struct move {
	struct decisions *d;
	struct banlist *to;
	const struct config *config;
	struct room *rooms; /* the old ones */
	struct window *window;
	size_t jail;
};

static void move_ban(void *ctx, const struct ban *old)
{
	struct move *m = ctx;
	struct ban ban = *old;

	ban.jail =
		(uint16_t)jail_find(m->config, m->rooms[old->jail].jail->name);
	if (ban.jail < m->config->n)
		banlist_add(m->to, &ban);
	else
		state_drop_ban(
			m->d->state, m->rooms[old->jail].jail->name, &ban.who);
}

static void move_failure(
	void *ctx, const struct addr *addr, int64_t time, uint32_t count)
{
	struct move *m = ctx;

	if (window_count(m->window, addr) + count <
		m->config->items[m->jail].jail->maxretry)
		window_add(m->window, addr, time, count);
}

static void move_offender(void *ctx, const struct prefix *who, uint16_t jail,
	uint32_t count, int64_t end)
{
	struct move *m = ctx;
	size_t to = OFFENDER_ALL;

	if (jail != OFFENDER_ALL)
		to = jail_find(m->config, m->rooms[jail].jail->name);
	if (to != m->config->n)
		offender_set(m->d->offenders, who, (uint16_t)to, count, end);
}

/* The failures and counts of the jails that both configurations have. */
static void move_rooms(struct move *m, const struct config *old)
{
	struct decisions *d = m->d;

	for (size_t i = 0; i < m->config->n; i++) {
		size_t was = jail_find(old, d->rooms[i].jail->name);
		struct room *from = &m->rooms[was];

		d->rooms[i].window = window_for(d, d->rooms[i].jail);
		if (was == old->n)
			continue;
		d->rooms[i].total_failed = from->total_failed;
		d->rooms[i].total_banned = from->total_banned;
		d->rooms[i].ignored = from->ignored;
		m->window = d->rooms[i].window;
		m->jail = i;
		window_each(from->window, move_failure, m);
	}
	for (size_t i = 0; i < old->n; i++)
		window_free(&m->rooms[i].window);
}

void decisions_reconfigure(struct decisions *d, const struct config *config)
{
	const struct config *old = d->config;
	struct banlist *bans = d->bans;
	struct offenders *offenders = d->offenders;
	struct move move = {.d = d, .config = config, .rooms = d->rooms};

	decisions_save(d);
	d->config = config;
	move.to = banlist_for(d);
	banlist_each(bans, BANLIST_ALL, move_ban, &move);
	d->offenders = offenders_for(d);
	offenders_each(offenders, move_offender, &move);
	d->rooms = rooms_new(d);
	move_rooms(&move, old);
	d->bans = move.to;
	prefixset_deinit(&d->own);
	prefixset_init(&d->own);
	ignore_own_addresses(&d->own);
	free(move.rooms);
	banlist_free(&bans);
	offenders_free(&offenders);
}

/* Remembers that this address's failures are to be saved. */
static void touch(struct decisions *d, size_t jail, const struct addr *who)
{
	if (d->touched_n == TOUCHED_MOST)
		decisions_save(d);
	d->touched[d->touched_n++] = (struct touched){jail, *who};
}

struct gather {
	struct kept kept[2 * WINDOW_EXACT];
	size_t n;
};

static void gather_failure(
	void *ctx, const struct addr *addr, int64_t time, uint32_t count)
{
	struct gather *g = ctx;

	(void)addr;
	if (g->n < sizeof(g->kept) / sizeof(*g->kept))
		g->kept[g->n++] = (struct kept){time, count, 0};
}

void decisions_save(struct decisions *d)
{
	for (size_t i = 0; i < d->touched_n; i++) {
		const struct touched *t = &d->touched[i];
		struct gather g = {.n = 0};

		window_each_of(
			d->rooms[t->jail].window, &t->who, gather_failure, &g);
		state_put_failures(d->state, d->rooms[t->jail].jail->name,
			&t->who, g.n ? g.kept[g.n - 1].time : 0, g.kept,
			g.n * sizeof(*g.kept));
	}
	d->touched_n = 0;
}

static uint32_t times_before(
	const struct decisions *d, size_t jail, const struct prefix *who)
{
	bool all = d->rooms[jail].jail->escalate.overalljails;

	return offender_count(
		d->offenders, who, all ? OFFENDER_ALL : (uint16_t)jail, NULL);
}

static void remember_offender(
	struct decisions *d, const struct ban *ban, const char *name)
{
	int64_t end = ban->end == BAN_FOREVER ? ban->start : ban->end;
	uint32_t count;

	if (!d->rooms[ban->jail].jail->escalate.increment)
		return;
	count = offender_add(d->offenders, &ban->who, ban->jail, end);
	state_put_offender(d->state, name, &ban->who, count, end);
	count = offender_add(d->offenders, &ban->who, OFFENDER_ALL, end);
	state_put_offender(d->state, "", &ban->who, count, end);
}

/* Puts a ban in force. */
static enum decision_answer ban_begin(struct decisions *d, struct ban *ban)
{
	struct room *room = &d->rooms[ban->jail];
	const char *name = room->jail->name;
	char text[PREFIX_TEXT];

	ban->count = times_before(d, ban->jail, &ban->who) + 1;
	if (banlist_add(d->bans, ban) == BANLIST_FULL) {
		log_error("[%s] %s not banned: %u bans are in force; raise "
			  "max_bans in mailban.conf",
			name, prefix_format(&ban->who, text),
			banlist_size(d->bans));
		return DECISION_FULL;
	}
	room->total_banned++;
	remember_offender(d, ban, name);
	state_put_ban(d->state, name, &ban->who, ban->start,
		ban->end == BAN_FOREVER ? 0 : ban->end, ban->count);
	d->out.ban(d->out.ctx, ban);
	log_notice("[%s] Ban %s", name, prefix_format(&ban->who, text));
	return DECISION_DONE;
}

/* maxretry was reached by a failure at time t. */
static void ban_for(
	struct decisions *d, size_t jail, const struct prefix *who, int64_t t)
{
	const struct jail *j = d->rooms[jail].jail;
	int64_t seconds = escalate_bantime(&j->escalate, j->bantime,
		times_before(d, jail, who), &d->random);
	struct ban ban = {.who = *who, .jail = (uint16_t)jail, .start = t};
	char text[PREFIX_TEXT];

	ban.end = seconds < 0 ? BAN_FOREVER : t + seconds;
	if (ban.end > now_seconds())
		ban_begin(d, &ban);
	else
		log_info("[%s] %s would have been banned, and that be over by "
			 "now",
			j->name, prefix_format(who, text));
}

/* "Found", as often as a person can want to read it. */
static void tell_found(struct room *room, const struct failure *f)
{
	char text[PREFIX_TEXT];

	if (room->found_lines++ < FOUND_A_SECOND)
		log_info("[%s] Found %s", room->jail->name,
			prefix_format(&f->who, text));
	else
		room->found_left_out++;
}

void decisions_failure(
	struct decisions *d, size_t jail, const struct failure *f)
{
	struct room *room = &d->rooms[jail];
	int64_t now = now_seconds(), t = f->time / CLOCK_SECOND;
	char text[PREFIX_TEXT];
	uint32_t weight;

	if (f->time == 0 || t > now)
		t = now;
	d->behind |= t < now - BEHIND;
	if (ignore_has(room->jail, &d->own, &f->who)) {
		room->ignored++;
		log_debug("[%s] Ignore %s", room->jail->name,
			prefix_format(&f->who, text));
		return;
	}
	room->total_failed++;
	tell_found(room, f);
	if (banlist_find(d->bans, &f->who, (uint16_t)jail, NULL))
		return;
	/* A network is tracked as its first address. */
	weight = escalate_weight(&room->jail->escalate,
		times_before(d, jail, &f->who), room->jail->maxretry);
	touch(d, jail, &f->who.net);
	if (window_add(room->window, &f->who.net, t, f->count * weight))
		ban_for(d, jail, &f->who, t);
}

static void on_end(void *ctx, const struct ban *ban)
{
	struct decisions *d = ctx;
	const char *name = d->rooms[ban->jail].jail->name;
	char text[PREFIX_TEXT];

	state_drop_ban(d->state, name, &ban->who);
	log_notice("[%s] Unban %s", name, prefix_format(&ban->who, text));
}

struct shift {
	struct decisions *d;
	int64_t seconds;
	struct banlist *bans;
	struct window *window;
};

static void shift_ban(void *ctx, const struct ban *old)
{
	struct shift *s = ctx;
	struct ban ban = *old;

	ban.start += s->seconds;
	if (ban.end != BAN_FOREVER)
		ban.end += s->seconds;
	banlist_add(s->bans, &ban);
	state_put_ban(s->d->state, s->d->rooms[ban.jail].jail->name, &ban.who,
		ban.start, ban.end == BAN_FOREVER ? 0 : ban.end, ban.count);
}

static void shift_failure(
	void *ctx, const struct addr *addr, int64_t time, uint32_t count)
{
	struct shift *s = ctx;

	window_add(s->window, addr, time + s->seconds, count);
}

/*
 * The kernel counts a ban's time down whatever the clock is set to. If it is
 * set, all that we know goes along: else an address would be taken for banned
 * that the kernel has let go long since, and never be banned again.
 */
static void follow_clock(struct decisions *d)
{
	int64_t offset = clock_offset();
	struct shift s = {
		.d = d, .seconds = (offset - d->clock_offset) / CLOCK_SECOND};

	d->clock_offset = offset;
	if (s.seconds > -CLOCK_JUMP && s.seconds < CLOCK_JUMP)
		return;
	log_notice("the clock was set by %lld seconds: bans and failures go "
		   "along",
		(long long)s.seconds);
	s.bans = banlist_for(d);
	banlist_each(d->bans, BANLIST_ALL, shift_ban, &s);
	banlist_free(&d->bans);
	d->bans = s.bans;
	for (size_t i = 0; i < d->config->n; i++) {
		struct room *room = &d->rooms[i];

		s.window = window_for(d, room->jail);
		window_each(room->window, shift_failure, &s);
		window_free(&room->window);
		room->window = s.window;
	}
}

void decisions_tick(struct decisions *d)
{
	int64_t now = now_seconds();

	follow_clock(d);
	if (clock_mono() / CLOCK_SECOND - d->pruned >= PRUNE_EVERY)
		prune(d);
	banlist_expire(d->bans, now, EXPIRE_BANS_A_TICK, on_end, d);
	offenders_expire(
		d->offenders, now - OFFENDER_DAYS * 86400, EXPIRE_A_TICK);
	for (size_t i = 0; i < d->config->n; i++) {
		struct room *room = &d->rooms[i];

		if (!d->behind)
			window_expire(room->window, now, EXPIRE_A_TICK);
		if (room->found_left_out)
			log_info("[%s] Found %u more in this second",
				room->jail->name, room->found_left_out);
		room->found_lines = room->found_left_out = 0;
	}
	d->behind = false;
}

struct ignored {
	struct decisions *d;
	struct ban *bans;
	size_t n;
};

static void gather_ignored(void *ctx, const struct ban *ban)
{
	struct ignored *i = ctx;

	if (ignore_has(i->d->rooms[ban->jail].jail, &i->d->own, &ban->who))
		i->bans[i->n++] = *ban;
}

void decisions_lift_ignored(struct decisions *d)
{
	struct ignored ignored = {.d = d};

	ignored.bans = calloc(banlist_size(d->bans) + 1, sizeof(struct ban));
	if (!ignored.bans)
		abort();
	banlist_each(d->bans, BANLIST_ALL, gather_ignored, &ignored);
	for (size_t i = 0; i < ignored.n; i++)
		decisions_unban(d, ignored.bans[i].jail, &ignored.bans[i].who);
	free(ignored.bans);
}

enum decision_answer decisions_ban(struct decisions *d, size_t jail,
	const struct prefix *who, int64_t seconds)
{
	const struct jail *j = d->rooms[jail].jail;
	struct ban ban = {
		.who = *who, .jail = (uint16_t)jail, .start = now_seconds()};

	if (ignore_has(j, &d->own, who))
		return DECISION_IGNORED;
	if (banlist_find(d->bans, who, (uint16_t)jail, NULL))
		return DECISION_NOTHING;
	if (seconds == 0)
		seconds = escalate_bantime(&j->escalate, j->bantime,
			times_before(d, jail, who), &d->random);
	ban.end = seconds < 0 || seconds > SECONDS_MOST ? BAN_FOREVER
							: ban.start + seconds;
	window_forget(d->rooms[jail].window, &who->net);
	touch(d, jail, &who->net);
	return ban_begin(d, &ban);
}

enum decision_answer decisions_unban(
	struct decisions *d, size_t jail, const struct prefix *who)
{
	struct ban ban;

	if (window_forget(d->rooms[jail].window, &who->net))
		touch(d, jail, &who->net);
	if (!banlist_remove(d->bans, who, (uint16_t)jail, &ban))
		return DECISION_NOTHING;
	d->out.unban(d->out.ctx, &ban);
	on_end(d, &ban);
	return DECISION_DONE;
}

void decisions_counts(
	const struct decisions *d, size_t jail, struct decision_counts *out)
{
	const struct room *room = &d->rooms[jail];

	*out = (struct decision_counts){
		.total_failed = room->total_failed,
		.ignored = room->ignored,
		.total_banned = room->total_banned,
		.failed = window_size(room->window),
		.banned = banlist_size_of(d->bans, (uint16_t)jail),
		.evictions = window_evictions(room->window),
	};
}

const struct banlist *decisions_bans(const struct decisions *d)
{
	return d->bans;
}
