/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When an account is an alarm: what it did is held against the thresholds of
 * the configuration and against its own habit, whichever is higher. What is
 * worse is told at once, what is better when it has lasted. Nothing is done
 * about an account unless the configuration names a program for it.
 */
#include "daemon/outbound_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"

#define HOUR (3600 * CLOCK_SECOND)
/* By how much what is critical is more than what is a warning. */
#define CRITICAL 3
#define CRITICAL_NETWORKS 2

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static bool is_bulk(
	const struct alarm_settings *s, const struct outbound_account *a)
{
	for (size_t i = 0; i < s->bulk_n; i++)
		if (strcasecmp(s->bulk[i], a->name) == 0)
			return true;
	return false;
}

static struct judge_pair pair_of(const struct outbound *o,
	const struct outbound_account *a, enum alarm_kind kind)
{
	struct judge_pair pair = o->settings->rules.pairs[kind];
	double limit;

	switch (kind) {
	case ALARM_RECIPIENTS:
		limit = is_bulk(o->settings, a) ? INFINITY
						: habit_limit(&a->habit);
		pair.warning = larger(pair.warning, limit);
		pair.critical = larger(pair.critical, CRITICAL * limit);
		break;
	case ALARM_RETURNED:
		limit = habit_limit_share(&a->habit);
		pair.warning = larger(pair.warning, limit);
		pair.critical = larger(pair.critical, limit);
		break;
	case ALARM_NETWORKS:
		limit = habit_limit_networks(&a->habit);
		pair.warning = larger(pair.warning, limit);
		pair.critical =
			larger(pair.critical, CRITICAL_NETWORKS * limit);
		break;
	default:
		break;
	}
	return pair;
}

static double value_of(const struct outbound_account *a, enum alarm_kind kind)
{
	switch (kind) {
	case ALARM_RECIPIENTS:
		return a->habit.recipients;
	case ALARM_RETURNED:
		return habit_share(&a->habit);
	case ALARM_NETWORKS:
		return a->habit.networks_n;
	default:
		return 0;
	}
}

static struct outbound_alarm *alarm_of(struct outbound *o,
	const struct outbound_account *a, enum alarm_kind kind)
{
	for (size_t i = 0; i < OUTBOUND_ALARMS; i++)
		if (o->alarms[i].account == a &&
			o->alarms[i].alarm.kind == kind)
			return &o->alarms[i];
	return NULL;
}

static struct outbound_alarm *alarm_make(
	struct outbound *o, struct outbound_account *a, enum alarm_kind kind)
{
	for (size_t i = 0; i < OUTBOUND_ALARMS; i++) {
		struct outbound_alarm *alarm = &o->alarms[i];

		if (alarm->account)
			continue;
		*alarm = (struct outbound_alarm){
			.account = a, .alarm = {.kind = kind}};
		alarm->alarm.subject = outbound_name(a, alarm->name);
		a->alarms++;
		return alarm;
	}
	o->lost++;
	return NULL;
}

static bool is_letter_or_digit(char c)
{
	return byte_is_digit(c) ||
	       (byte_lower(c) >= 'a' && byte_lower(c) <= 'z');
}

/* Ids for hold, some at a time. */
struct holding {
	struct outbound *outbound;
	const struct outbound_account *account;
	char ids[OUTBOUND_HELD * OUTBOUND_ID];
	struct message *messages[OUTBOUND_HELD];
	size_t n, at;
};

static void hand_over(struct holding *h)
{
	struct outbound_user *user = &h->outbound->user;

	/* The runner is behind: they are tried again at the next look. */
	if (h->n && user->hold(user->ctx, h->ids))
		for (size_t i = 0; i < h->n; i++)
			h->messages[i]->owner |= OUTBOUND_HOLDING;
	h->n = h->at = 0;
}

static void hold_message(void *ctx, struct span id, struct message *m)
{
	struct holding *h = ctx;

	if ((m->owner & OUTBOUND_HOLDING) || id.n >= OUTBOUND_ID ||
		outbound_owner(h->outbound, m) != h->account)
		return;
	for (size_t i = 0; i < id.n; i++)
		if (!is_letter_or_digit(id.at[i]))
			return;
	h->at += (size_t)snprintf(h->ids + h->at, sizeof(h->ids) - h->at,
		"%s%.*s", h->n ? " " : "", (int)id.n, id.at);
	h->messages[h->n++] = m;
	if (h->n == OUTBOUND_HELD)
		hand_over(h);
}

static void hold(struct outbound *o, const struct outbound_alarm *alarm)
{
	struct holding h = {.outbound = o, .account = alarm->account};

	if (!o->settings->hold || alarm->alarm.state.level != LEVEL_CRITICAL ||
		alarm->alarm.kind == ALARM_LOGIN)
		return;
	messages_each(o->messages, hold_message, &h);
	hand_over(&h);
}

static void sample(
	struct outbound *o, struct outbound_alarm *alarm, double value)
{
	int64_t now = clock_mono();
	struct level_rule rule = *judge_rule(alarm->alarm.kind);
	struct judge_pair pair = pair_of(o, alarm->account, alarm->alarm.kind);
	enum level_news news;
	struct words words;

	rule.warning = pair.warning;
	rule.critical = pair.critical;
	rule.repeat = o->settings->rules.repeat;
	alarm->alarm.value = value;
	alarm->alarm.known = true;
	news = level_sample(&alarm->alarm.state, &rule, value, now);
	if (news != LEVEL_SAME) {
		outbound_words(&words, alarm, news, now, clock_wall());
		o->user.news(o->user.ctx, &alarm->alarm, news, &words);
	}
	if (alarm->alarm.state.level == LEVEL_OK) {
		alarm->account->alarms--;
		alarm->account = NULL;
	}
}

/* To be looked at, if it is as bad as that, or worse than was told. */
static struct outbound_alarm *worse(struct outbound *o,
	struct outbound_account *a, enum alarm_kind kind, double value)
{
	struct judge_pair pair = pair_of(o, a, kind);
	struct outbound_alarm *alarm;

	if (!(value > pair.warning || value > pair.critical))
		return NULL;
	a->habit.strange |= kind == ALARM_RECIPIENTS;
	alarm = a->alarms ? alarm_of(o, a, kind) : NULL;
	if (!alarm)
		return alarm_make(o, a, kind);
	if (value <= pair.critical ||
		alarm->alarm.state.level == LEVEL_CRITICAL)
		return NULL;
	return alarm;
}

void outbound_judge(
	struct outbound *o, struct outbound_account *a, enum alarm_kind kind)
{
	double value = value_of(a, kind);
	struct outbound_alarm *alarm = worse(o, a, kind, value);

	if (!alarm)
		return;
	sample(o, alarm, value);
	hold(o, alarm);
}

void outbound_judge_login(struct outbound *o, struct outbound_account *a,
	const struct addr *from, uint32_t tried)
{
	struct outbound_alarm *alarm;

	if (!tried)
		return;
	alarm = worse(o, a, ALARM_LOGIN, tried);
	if (!alarm)
		return;
	alarm->from = *from;
	alarm->until = clock_mono() + HOUR;
	sample(o, alarm, tried);
}

void outbound_tick(struct outbound *o)
{
	int64_t now = clock_mono(), hour;

	if (!o)
		return;
	/* It may have been set back. */
	o->now = clock_wall();
	hour = o->now / HOUR;
	if (now - o->looked < o->settings->rules.interval)
		return;
	o->looked = now;
	for (size_t i = 0; i < OUTBOUND_ALARMS; i++) {
		struct outbound_alarm *alarm = &o->alarms[i];
		enum alarm_kind kind = alarm->alarm.kind;

		if (!alarm->account)
			continue;
		habit_turn(&alarm->account->habit, hour);
		hold(o, alarm);
		if (kind != ALARM_LOGIN)
			sample(o, alarm, value_of(alarm->account, kind));
		else
			sample(o, alarm,
				now < alarm->until ? alarm->alarm.value : 0);
	}
}
