/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is decided by hand: bans, their ends, and lists of them. Who must never
 * be banned is not banned by hand either.
 */
#include "daemon/decisions_parts.h"
#include "daemon/reason.h"
#include "jails/escalate.h"
#include "lib/log.h"

/* A ban by hand that is longer is for ever: no clock gets there. */
#define SECONDS_MOST INT64_C(3155760000)

enum decision_answer decisions_ban(struct decisions *d, size_t jail,
	const struct prefix *who, int64_t seconds)
{
	const struct jail *j = d->rooms[jail].jail;
	struct ban ban = {.who = *who,
		.jail = (uint16_t)jail,
		.reason = REASON_HAND,
		.start = decisions_now()};

	if (decisions_ignores(d, j, who))
		return DECISION_IGNORED;
	if (banlist_find(d->bans, who, (uint16_t)jail, NULL))
		return DECISION_NOTHING;
	if (seconds == 0)
		seconds = escalate_bantime(&j->escalate, j->bantime,
			decisions_times_before(d, jail, who), &d->random);
	ban.end = seconds < 0 || seconds > SECONDS_MOST ? BAN_FOREVER
							: ban.start + seconds;
	window_forget(d->rooms[jail].window, &who->net);
	decisions_touch(d, jail, &who->net, 0, true);
	return decisions_begin(d, &ban);
}

enum decision_answer decisions_confirm(struct decisions *d, size_t jail,
	const struct prefix *who, int64_t seconds)
{
	const struct jail *j = d->rooms[jail].jail;
	int64_t now = decisions_now(), end;
	char text[PREFIX_TEXT];
	struct ban ban;

	if (!banlist_remove(d->bans, who, (uint16_t)jail, &ban))
		return DECISION_NOTHING;
	if (seconds == 0)
		seconds = escalate_bantime(
			&j->escalate, j->bantime, ban.count - 1, &d->random);
	end = seconds < 0 || seconds > SECONDS_MOST ? BAN_FOREVER
						    : now + seconds;
	if (end > ban.end)
		ban.end = end;
	/* There is room: it was in. */
	banlist_add(d->bans, &ban);
	d->out.ban(d->out.ctx, &ban);
	decisions_put_ban(d, &ban);
	log_notice("[%s] Confirmed %s", j->name, prefix_format(who, text));
	return DECISION_DONE;
}

bool decisions_never_bans(
	const struct decisions *d, size_t jail, const struct prefix *who)
{
	return decisions_ignores(d, d->rooms[jail].jail, who);
}

enum decision_answer decisions_import(
	struct decisions *d, const struct ban *from)
{
	struct decisions_room *room = &d->rooms[from->jail];
	struct ban ban = *from, old;
	int64_t now = decisions_now();

	if (decisions_ignores(d, room->jail, &ban.who))
		return DECISION_IGNORED;
	if (banlist_find(d->bans, &ban.who, ban.jail, &old) &&
		old.end >= ban.end)
		return DECISION_NOTHING;
	if (ban.start == 0 || ban.start > now)
		ban.start = now;
	if (ban.count == 0)
		ban.count = decisions_times_before(d, ban.jail, &ban.who) + 1;
	if (banlist_add(d->bans, &ban) == BANLIST_FULL)
		return DECISION_FULL;
	window_forget(room->window, &ban.who.net);
	decisions_touch(d, ban.jail, &ban.who.net, 0, true);
	room->total_banned++;
	d->out.ban(d->out.ctx, &ban);
	decisions_remember_offender(d, &ban, room->jail->name);
	decisions_put_ban(d, &ban);
	return DECISION_DONE;
}

enum decision_answer decisions_unban(
	struct decisions *d, size_t jail, const struct prefix *who)
{
	struct ban ban;

	if (window_forget(d->rooms[jail].window, &who->net))
		decisions_touch(d, jail, &who->net, 0, true);
	if (!banlist_remove(d->bans, who, (uint16_t)jail, &ban))
		return DECISION_NOTHING;
	d->out.unban(d->out.ctx, &ban);
	decisions_on_end(d, &ban);
	return DECISION_DONE;
}
