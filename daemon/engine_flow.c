/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one stage hands to the next: failures to who decides, bans to who
 * enforces them, lines to who counts them. Nothing is decided here, and a
 * line's way through here allocates nothing.
 */
#include "daemon/attackers.h"
#include "daemon/audit.h"
#include "daemon/counters.h"
#include "daemon/engine_parts.h"
#include "daemon/import.h"
#include "daemon/moved.h"
#include "lib/line.h"

static void on_failure(
	void *ctx, size_t jail, uint32_t source, const struct failure *failure)
{
	struct engine *e = ctx;

	if (!moved_is_new(e->moved, (uint32_t)jail, source, failure->time))
		return;
	if (failure->name)
		engine_ask_name(e, jail, failure);
	else
		decisions_later(e->decisions, jail, failure);
}

static void on_line(void *ctx, const struct line *line, uint32_t source)
{
	struct engine *e = ctx;

	if (moved_line_is_new(e->moved, source, line->time))
		counters_line(e->counters, line, source);
}

static void on_refused(void *ctx, size_t jail)
{
	struct engine *e = ctx;

	decisions_refused(e->decisions, jail);
}

struct feeds_user engine_feeds_user(struct engine *e)
{
	return (struct feeds_user){.failure = on_failure,
		.line = on_line,
		.refused = on_refused,
		.ctx = e};
}

const char *engine_source(void *ctx, size_t i, uint32_t *number)
{
	const struct engine *e = ctx;

	return feeds_source(e->feeds, i, number);
}

/* The first ban of a turn leaves at once, those behind it together. */
static void on_ban(void *ctx, const struct ban *ban)
{
	struct engine *e = ctx;

	if (e->restoring) {
		enforce_restore(e->enforce, ban);
		return;
	}
	counters_ban(e->counters);
	if (import_holds(e, ban, false))
		return;
	enforce_ban(e->enforce, ban);
	if (!e->hurried)
		enforce_flush(e->enforce);
	e->hurried = true;
}

static void on_unban(void *ctx, const struct ban *ban)
{
	struct engine *e = ctx;

	if (!import_holds(e, ban, true))
		enforce_unban(e->enforce, ban);
}

/* For people's eyes: who attacks. */
static void on_failed(
	void *ctx, const struct prefix *who, uint32_t count, int64_t seconds)
{
	struct engine *e = ctx;

	attackers_failed(e->attackers, who, count, seconds);
}

struct decisions_out engine_decisions_out(struct engine *e)
{
	return (struct decisions_out){.ban = on_ban,
		.unban = on_unban,
		.failed = on_failed,
		.ctx = e};
}

static void keep_ban(void *ctx, const struct ban *ban)
{
	struct engine *e = ctx;

	enforce_keep(e->enforce, ban);
}

void engine_keep_bans(struct engine *e)
{
	banlist_each(decisions_bans(e->decisions), BANLIST_ALL, keep_ban, e);
}

/* Somebody took bans away, or the table with all of them. */
static void on_lost(void *ctx)
{
	struct engine *e = ctx;

	engine_keep_bans(e);
	audit_soon(e->audit);
}

static bool is_wanted(void *ctx, size_t jail, const struct prefix *who)
{
	const struct engine *e = ctx;

	return banlist_find(
		decisions_bans(e->decisions), who, (uint16_t)jail, NULL);
}

struct enforce_user engine_enforce_user(struct engine *e)
{
	return (struct enforce_user){
		.lost = on_lost, .wants = is_wanted, .ctx = e};
}

static void on_outbound(void *ctx, const struct alarm *alarm,
	enum level_news news, const struct words *words)
{
	struct engine *e = ctx;

	alarms_notice(e->alarms, alarm, news, words);
}

static bool on_hold(void *ctx, const char *ids)
{
	struct engine *e = ctx;

	return alarms_hold(e->alarms, ids);
}

struct outbound_user engine_outbound_user(struct engine *e)
{
	return (struct outbound_user){
		.news = on_outbound, .hold = on_hold, .ctx = e};
}
