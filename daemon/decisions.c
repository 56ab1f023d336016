/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From failures to bans. Windows run on the time of the lines, so that what
 * was logged while the daemon was down bans as it would have then; a line
 * from the future, or with no date, counts as now.
 */
#include "daemon/decisions.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/decisions_parts.h"
#include "daemon/reason.h"
#include "daemon/state.h"
#include "jails/ignore.h"
#include "jails/keytable.h"
#include "lib/clock.h"
#include "lib/log.h"

/* Lines of each kind that one second may write; the rest is summed up. */
#define FOUND_A_SECOND 200
/* How many windows' entries a tick looks at for each jail. */
#define EXPIRE_A_TICK 5000
#define EXPIRE_BANS_A_TICK 50000
/* Seconds between two cleanings of the state store. */
#define PRUNE_EVERY 600
/* A line so many seconds old is not of this moment. */
#define BEHIND 60

static uint16_t *recent_of(
	struct decisions *d, size_t jail, const struct addr *who)
{
	uint64_t word[2];

	memcpy(word, who->ip, sizeof(word));
	word[0] = (word[0] ^ word[1] ^ jail) * UINT64_C(0x9fb21c651e98df25);
	return &d->recent[word[0] >> 40 & (DECISIONS_RECENT - 1)];
}

void decisions_touch(struct decisions *d, size_t jail, const struct addr *who,
	int64_t time, bool gone)
{
	uint16_t *recent = recent_of(d, jail, who);
	struct decisions_touched *t = &d->touched[*recent - 1];

	if (!*recent || t->jail != jail || !addr_equal(&t->who, who)) {
		if (d->touched_n == DECISIONS_TOUCHED)
			decisions_save(d);
		t = &d->touched[d->touched_n++];
		*t = (struct decisions_touched){
			.jail = (uint32_t)jail, .who = *who};
		*recent = (uint16_t)d->touched_n;
	}
	t->gone |= gone;
	if (time > t->time)
		t->time = time;
}

bool decisions_ignores(const struct decisions *d, const struct jail *jail,
	const struct prefix *who)
{
	return ignore_has(jail, &d->own, who) ||
	       prefixset_overlaps(&d->config->safe.set, who);
}

uint32_t decisions_times_before(
	const struct decisions *d, size_t jail, const struct prefix *who)
{
	bool all = d->rooms[jail].jail->escalate.overalljails;

	return offender_count(
		d->offenders, who, all ? OFFENDER_ALL : (uint16_t)jail, NULL);
}

void decisions_remember_offender(
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

/* A ban is a failure to the jails that count them. */
static void count_ban(struct decisions *d, const struct ban *ban)
{
	const char *name = d->rooms[ban->jail].jail->name;
	const struct failure failure = {
		.who = ban->who, .time = ban->start * CLOCK_SECOND};

	/* fail2ban's filter finds addresses, no networks. */
	if (!prefix_is_host(&ban->who))
		return;
	for (size_t i = 0; i < d->config->n; i++)
		if (i != ban->jail && d->rooms[i].jail->counts_bans &&
			strcmp(name, d->config->items[i].bans_but) != 0)
			decisions_failure(d, i, &failure);
}

enum decision_answer decisions_begin(struct decisions *d, struct ban *ban)
{
	struct decisions_room *room = &d->rooms[ban->jail];
	const char *name = room->jail->name;
	char text[PREFIX_TEXT];

	ban->count = decisions_times_before(d, ban->jail, &ban->who) + 1;
	switch (banlist_add(d->bans, ban)) {
	case BANLIST_FULL:
		room->kept_out++;
		prefix_format(&ban->who, room->kept_out_last);
		return DECISION_FULL;
	case BANLIST_RENEWED:
		/* Out of the kernel, as if the hour's count had it. */
		room->counted_banned--;
		break;
	case BANLIST_NEW:
		room->total_banned++;
		break;
	}
	/* First of all the kernel: nothing is to wait for a disk. */
	d->out.ban(d->out.ctx, ban);
	decisions_remember_offender(d, ban, name);
	decisions_put_ban(d, ban);
	log_notice("[%s] Ban %s", name, prefix_format(&ban->who, text));
	count_ban(d, ban);
	return DECISION_DONE;
}

static uint16_t reason_of(const struct jail *jail, const struct failure *f)
{
	if (f->regex == DECISIONS_BY_HAND)
		return REASON_HAND;
	if (f->regex < 0 || f->regex > UINT16_MAX - REASON_REGEX)
		return REASON_UNKNOWN;
	if (jail->counts_bans)
		return REASON_BANS;
	return (uint16_t)(REASON_REGEX + f->regex);
}

/* maxretry was reached by a failure at time t. */
static void ban_for(struct decisions *d, size_t jail, const struct failure *f,
	int64_t t, int64_t now)
{
	const struct jail *j = d->rooms[jail].jail;
	const struct prefix *who = &f->who;
	int64_t seconds = escalate_bantime(&j->escalate, j->bantime,
		decisions_times_before(d, jail, who), &d->random);
	struct ban ban = {.who = *who,
		.jail = (uint16_t)jail,
		.reason = reason_of(j, f),
		.start = t};
	char text[PREFIX_TEXT];

	ban.end = seconds < 0 ? BAN_FOREVER : t + seconds;
	if (j->bans && ban.end > now) {
		decisions_begin(d, &ban);
		return;
	}
	if (!j->bans)
		log_notice("[%s] %s is not banned: none of the jail's actions "
			   "bans",
			j->name, prefix_format(who, text));
	else
		log_info("[%s] %s would have been banned, and that be over by "
			 "now",
			j->name, prefix_format(who, text));
	/* As it would have been counted then, and by fail2ban. */
	count_ban(d, &ban);
}

/* "Found", as often as a person can want to read it. */
static void tell_found(
	struct decisions_room *room, const struct failure *f, uint32_t count)
{
	char text[PREFIX_TEXT];

	if (room->found_lines++ >= FOUND_A_SECOND)
		room->found_left_out++;
	else if (count == 1)
		log_info("[%s] Found %s", room->jail->name,
			prefix_format(&f->who, text));
	else
		log_info("[%s] Found %s, %u attempts", room->jail->name,
			prefix_format(&f->who, text), count);
}

/* What a failure counts: as much as all the lines would that it was found in,
 * told one after the other. */
static uint32_t count_of(struct decisions_room *room, const struct failure *f,
	const struct attempt *attempt, int64_t t)
{
	uint32_t lines = f->more + 1, sum = 0;
	char text[PREFIX_TEXT];

	if (!room->attempts)
		return lines;
	for (uint32_t i = 0; i < lines; i++) {
		uint32_t n = attempts_count(room->attempts, attempt, t);

		room->repeated += n == 0;
		sum += n;
	}
	if (sum > 0)
		return sum;
	log_debug("[%s] %s: told again of what was counted", room->jail->name,
		prefix_format(&f->who, text));
	return 0;
}

static uint32_t times(uint32_t count, uint32_t weight, uint32_t most)
{
	uint64_t product = (uint64_t)count * weight;

	return product > most ? most : (uint32_t)product;
}

/* So many failures of one who is not ignored, at t; it is now. */
static void add_failures(struct decisions *d, size_t jail,
	const struct failure *f, uint32_t hash, int64_t t, int64_t now,
	uint32_t count)
{
	struct decisions_room *room = &d->rooms[jail];
	struct ban ban;
	uint32_t weight;
	bool full;

	/* Of a ban out of the kernel it is not known what it was for: lines
	 * that are read again after a crash, perhaps, and these tell now. */
	if (banlist_find(d->bans, &f->who, (uint16_t)jail, &ban) &&
		ban.reason != REASON_KERNEL)
		return;
	/* A network is tracked as its first address. */
	weight = escalate_weight(&room->jail->escalate,
		decisions_times_before(d, jail, &f->who), room->jail->maxretry);
	full = window_add_hashed(room->window, &f->who.net, hash, t,
		times(count, weight, room->jail->maxretry));
	decisions_touch(d, jail, &f->who.net, t, full);
	if (full)
		ban_for(d, jail, f, t, now);
}

void decisions_decide(
	struct decisions *d, const struct decisions_waiting *w, int64_t now)
{
	const struct failure *f = &w->failure;
	struct decisions_room *room = &d->rooms[w->jail];
	int64_t t = f->time / CLOCK_SECOND;
	char text[PREFIX_TEXT];
	uint32_t count;

	if (f->time == 0 || t > now)
		t = now;
	d->behind |= t < now - BEHIND;
	if (decisions_ignores(d, room->jail, &f->who)) {
		room->ignored++;
		log_debug("[%s] Ignore %s", room->jail->name,
			prefix_format(&f->who, text));
		return;
	}
	count = count_of(room, f, &w->attempt, t);
	if (count == 0)
		return;
	room->total_failed += count;
	if (d->out.failed && !room->jail->counts_bans)
		d->out.failed(d->out.ctx, &f->who, count, t);
	tell_found(room, f, count);
	add_failures(d, w->jail, f, w->hash, t, now, count);
}

void decisions_refused(struct decisions *d, size_t jail)
{
	d->rooms[jail].refused++;
}

void decisions_on_end(void *ctx, const struct ban *ban)
{
	struct decisions *d = ctx;
	const char *name = d->rooms[ban->jail].jail->name;
	char text[PREFIX_TEXT];

	state_drop_ban(d->state, name, &ban->who);
	log_notice("[%s] Unban %s", name, prefix_format(&ban->who, text));
}

void decisions_tick(struct decisions *d)
{
	int64_t now = decisions_now();

	decisions_settle(d);
	decisions_follow_clock(d);
	if (clock_mono() / CLOCK_SECOND - d->pruned >= PRUNE_EVERY)
		decisions_prune(d);
	banlist_expire(d->bans, now, EXPIRE_BANS_A_TICK, decisions_on_end, d);
	offenders_expire(
		d->offenders, now - DECISIONS_DAYS * 86400, EXPIRE_A_TICK);
	for (size_t i = 0; i < d->config->n; i++) {
		struct decisions_room *room = &d->rooms[i];

		if (!d->behind)
			window_expire(room->window, now, EXPIRE_A_TICK);
		if (!d->behind && room->attempts)
			attempts_expire(room->attempts, now, EXPIRE_A_TICK);
		if (room->found_left_out)
			log_info("[%s] Found %u more in this second",
				room->jail->name, room->found_left_out);
		room->found_lines = room->found_left_out = 0;
	}
	d->behind = false;
	decisions_tell_losses(d);
}

struct ignored {
	struct decisions *d;
	struct ban *bans;
	size_t n;
};

static void gather_ignored(void *ctx, const struct ban *ban)
{
	struct ignored *i = ctx;

	if (decisions_ignores(i->d, i->d->rooms[ban->jail].jail, &ban->who))
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

enum decision_answer decisions_attempt(struct decisions *d, size_t jail,
	const struct prefix *who, uint32_t failures)
{
	const struct failure failure = {
		.who = *who, .regex = DECISIONS_BY_HAND};
	int64_t now = decisions_now();

	if (decisions_ignores(d, d->rooms[jail].jail, who))
		return DECISION_IGNORED;
	/* One told failure, however much it weighs: as fail2ban has it. */
	d->rooms[jail].total_failed++;
	tell_found(&d->rooms[jail], &failure, 1);
	add_failures(d, jail, &failure,
		keytable_hash(&d->seed, &who->net, sizeof(who->net)), now, now,
		failures);
	return DECISION_DONE;
}

void decisions_counts(
	const struct decisions *d, size_t jail, struct decision_counts *out)
{
	const struct decisions_room *room = &d->rooms[jail];

	*out = (struct decision_counts){
		.total_failed = room->total_failed,
		.ignored = room->ignored,
		.refused = room->refused,
		.total_banned = room->total_banned,
		.failed = window_size(room->window),
		.banned = banlist_size_of(d->bans, (uint16_t)jail),
		.repeated = room->repeated,
		.evictions = decisions_evictions(room),
		.forgotten = decisions_forgotten(room),
	};
}

const struct banlist *decisions_bans(const struct decisions *d)
{
	return d->bans;
}
