/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Postfix' queues: how many messages, how old, how many more than before, and
 * whose processes are all busy. A queue that is always long is no news.
 */
#include <math.h>
#include <stdio.h>

#include "alarms/judge_parts.h"

/* A queue is worth an alarm if it is so many times as long as usual. */
#define USUAL_WARNING 3
#define USUAL_CRITICAL 10

static const struct queue *queue_of(
	const struct report_spool *s, enum queue_name name)
{
	return s->queues[name].error ? NULL : &s->queues[name].queue;
}

static void judge_age(
	struct judge *j, struct alarm *a, const struct queue *q, int64_t now)
{
	double age = 0;

	if (q->files && q->oldest) {
		age = ages_of(&j->ages, q->oldest, now);
		/* Those that came before the clock was set back look younger
		 * than those that came since. */
		if (ages_unsure(&j->ages) && a->known)
			age = fmax(age, a->value);
	}
	judge_sample_plain(j, a, age, now);
}

static void judge_deferred(
	struct judge *j, size_t i, const struct queue *q, int64_t now)
{
	const struct judge_pair *set = &j->rules.pairs[ALARM_DEFERRED];
	double usual = forecast_usual(&j->deferred[i]);
	const struct judge_pair pair = {
		fmax(set->warning, USUAL_WARNING * usual),
		fmax(set->critical, USUAL_CRITICAL * usual)};

	judge_sample(j, judge_spool_alarm(j, i, ALARM_DEFERRED), q->files,
		&pair, now);
	forecast_add(&j->deferred[i], now, q->files);
}

/* A queue that swells is told before it is long; then its length is. */
static void judge_growth(struct judge *j, size_t i, int k,
	const struct report_spool *s, int64_t now)
{
	static const struct {
		enum queue_name queue;
		enum alarm_kind length;
	} of[JUDGE_GROWTHS] = {{QUEUE_INCOMING, ALARM_INCOMING},
		{QUEUE_ACTIVE, ALARM_ACTIVE}, {QUEUE_DEFERRED, ALARM_DEFERRED},
		{QUEUE_HOLD, ALARM_HOLD_GROWTH}};
	enum alarm_kind kind = (enum alarm_kind)(ALARM_INCOMING_GROWTH + k);
	struct judge_pair pair = j->rules.pairs[kind];
	struct alarm *a = judge_spool_alarm(j, i, kind);
	const struct queue *q = queue_of(s, of[k].queue);
	uint32_t growth;

	if (!q)
		return;
	growth = growth_see(&j->growths[i][k], now, q->files);
	if (of[k].queue == QUEUE_DEFERRED)
		pair.warning = fmax(pair.warning,
			(USUAL_WARNING - 1) * forecast_usual(&j->deferred[i]));
	if (of[k].length != kind && a->state.level == LEVEL_OK &&
		judge_spool_alarm(j, i, of[k].length)->state.warnings)
		return;
	judge_sample(j, a, growth, &pair, now);
}

static void judge_spool(
	struct judge *j, size_t i, const struct report_spool *s, int64_t now)
{
	const struct queue *q;

	if ((q = queue_of(s, QUEUE_INCOMING))) {
		judge_sample_plain(j, judge_spool_alarm(j, i, ALARM_INCOMING),
			q->ready, now);
		judge_age(j, judge_spool_alarm(j, i, ALARM_OLDEST), q, now);
	}
	if ((q = queue_of(s, QUEUE_ACTIVE)))
		judge_sample_plain(j, judge_spool_alarm(j, i, ALARM_ACTIVE),
			q->files, now);
	if ((q = queue_of(s, QUEUE_DEFERRED))) {
		judge_deferred(j, i, q, now);
		judge_age(j, judge_spool_alarm(j, i, ALARM_OLDEST_DEFERRED), q,
			now);
	}
	if ((q = queue_of(s, QUEUE_CORRUPT)))
		judge_sample_plain(j, judge_spool_alarm(j, i, ALARM_CORRUPT),
			q->files, now);
	for (int k = 0; k < JUDGE_GROWTHS; k++)
		judge_growth(j, i, k, s, now);
	if ((q = queue_of(s, QUEUE_MAILDROP)))
		judge_age(j, judge_spool_alarm(j, i, ALARM_MAILDROP), q, now);
}

void judge_spools(struct judge *j, const struct report *r, int64_t now)
{
	for (size_t i = 0; i < r->spools_n; i++)
		judge_spool(j, i, &r->spools[i], now);
}

bool judge_services(struct judge *j, size_t spool,
	const struct services *services, int64_t now)
{
	struct alarm *a = judge_spool_alarm(j, spool, ALARM_PROCESSES);
	const struct service *most = services_fullest(services);

	if (most) {
		snprintf(a->detail, sizeof(a->detail), "%s/%s", most->name,
			most->type);
		a->total = most->limit;
		judge_sample_plain(j, a, service_share(most), now);
	} else if (a->known) {
		judge_sample_plain(j, a, 0, now);
	}
	return a->state.level != LEVEL_OK || a->state.warnings;
}

bool judge_wants_more(const struct judge *j, size_t spool)
{
	static const enum alarm_kind kinds[] = {ALARM_INCOMING, ALARM_ACTIVE,
		ALARM_DEFERRED, ALARM_INCOMING_GROWTH, ALARM_ACTIVE_GROWTH,
		ALARM_DEFERRED_GROWTH, ALARM_HOLD_GROWTH};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const struct alarm *a =
			&j->alarms[judge_spool_place(spool, kinds[i])];

		/* One that may be raised by the next sample, too. */
		if (a->state.level != LEVEL_OK || a->state.warnings)
			return true;
	}
	return false;
}

void judge_set_more(
	struct judge *j, size_t spool, const char *moving, const char *hold)
{
	snprintf(j->more[spool][0], JUDGE_MORE, "%s", moving);
	snprintf(j->more[spool][1], JUDGE_MORE, "%s", hold);
}
