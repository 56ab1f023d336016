/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the numbers of gauge process and kernel to alarms: which value is held
 * against which thresholds. What is judged of disks, queues and lines have
 * files of their own (judge_*.c); here is the table of all, and what there is
 * once. It says nothing itself and reads no clock; every table in it has a
 * fixed size.
 */
#include "alarms/judge.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "alarms/judge_parts.h"

struct alarm *judge_disk_alarm(struct judge *j, size_t i, enum alarm_kind kind)
{
	return &j->alarms[i * JUDGE_OF_DISK + kind];
}

size_t judge_spool_place(size_t i, enum alarm_kind kind)
{
	return JUDGE_DISK_ALARMS + i * JUDGE_OF_SPOOL + kind - ALARM_INCOMING;
}

struct alarm *judge_spool_alarm(struct judge *j, size_t i, enum alarm_kind kind)
{
	return &j->alarms[judge_spool_place(i, kind)];
}

static struct alarm *single_alarm(struct judge *j, enum alarm_kind kind)
{
	return &j->alarms[JUDGE_DISK_ALARMS + JUDGE_SPOOL_ALARMS + kind -
			  ALARM_MEMORY];
}

/* Which alarm is in which place. */
static void lay_out(struct judge *j)
{
	for (size_t i = 0; i < JUDGE_ALL_ALARMS; i++)
		j->alarms[i].subject = j->alarms[i].more = "";
	for (size_t i = 0; i < JUDGE_DISK_ALARMS; i++)
		j->alarms[i].kind = (enum alarm_kind)(i % JUDGE_OF_DISK);
	for (size_t i = 0; i < JUDGE_SPOOL_ALARMS; i++) {
		struct alarm *a = &j->alarms[JUDGE_DISK_ALARMS + i];

		a->kind =
			(enum alarm_kind)(ALARM_INCOMING + i % JUDGE_OF_SPOOL);
		a->about_mail = true;
		if (a->kind != ALARM_PROCESSES)
			a->more = j->more[i / JUDGE_OF_SPOOL]
					 [a->kind == ALARM_HOLD_GROWTH];
	}
	for (int k = ALARM_MEMORY; k <= ALARM_PROBE; k++)
		single_alarm(j, (enum alarm_kind)k)->kind = (enum alarm_kind)k;
	single_alarm(j, ALARM_PROBE)->about_mail = true;
	single_alarm(j, ALARM_PROBE)->said = j->said;
	single_alarm(j, ALARM_MEMORY)->said = j->waited;
	judge_signs_lay_out(j);
}

struct judge *judge_new(
	const struct judge_rules *rules, judge_news_fn fn, void *ctx)
{
	struct judge *j = calloc(1, sizeof(*j));

	if (!j)
		abort();
	j->rules = *rules;
	j->fn = fn;
	j->ctx = ctx;
	lay_out(j);
	return j;
}

void judge_free(struct judge **judge)
{
	free(*judge);
	*judge = NULL;
}

void judge_set_rules(struct judge *j, const struct judge_rules *rules)
{
	j->rules = *rules;
}

void judge_watch(struct judge *j, const struct report_watch *watch)
{
	j->watch = *watch;
	for (size_t i = 0; i < REPORT_DISKS; i++)
		for (int k = 0; k < JUDGE_OF_DISK; k++)
			judge_disk_alarm(j, i, (enum alarm_kind)k)->subject =
				j->watch.disks[i];
	for (size_t i = 0; i < REPORT_SPOOLS; i++)
		for (int k = 0; k < JUDGE_OF_SPOOL; k++)
			judge_spool_alarm(
				j, i, (enum alarm_kind)(ALARM_INCOMING + k))
				->subject = j->watch.spools[i];
}

void judge_sample(struct judge *j, struct alarm *a, double value,
	const struct judge_pair *pair, int64_t now)
{
	struct level_rule rule = *judge_rule(a->kind);
	enum level_news news;

	if (isnan(value))
		return;
	rule.warning = pair->warning;
	rule.critical = pair->critical;
	rule.repeat = j->rules.repeat;
	a->value = value;
	a->known = true;
	news = level_sample(&a->state, &rule, value, now);
	if (news != LEVEL_SAME)
		j->fn(j->ctx, a, news);
}

void judge_sample_plain(
	struct judge *j, struct alarm *a, double value, int64_t now)
{
	judge_sample(j, a, value, &j->rules.pairs[a->kind], now);
}

void judge_report(
	struct judge *j, const struct report *r, int64_t now, int64_t wall)
{
	if (r->disks_n != j->watch.disks_n || r->spools_n != j->watch.spools_n)
		return;
	ages_see(&j->ages, now, wall);
	j->last = *r;
	j->has_last = true;
	judge_disks(j, r, now);
	judge_spools(j, r, now);
}

void judge_memory(struct judge *j, const struct memory *m, int64_t now)
{
	static const struct judge_pair pair = {1, 2};
	const struct judge_pair *set = &j->rules.pairs[ALARM_MEMORY];
	double some = m->some / set->warning, full = m->full / set->critical;
	double value = full > 1 ? 1 + full : fmin(some, 2);
	bool swapped = j->has_memory && m->swapped_in != j->memory.swapped_in;

	/* Pressure without swapping is a cache that is too small. */
	if (j->has_memory && !swapped)
		value = fmin(value, 1);
	snprintf(j->waited, sizeof(j->waited),
		"some programs waited for it %.0f %% of a minute, all of them "
		"%.0f %%%s",
		m->some, m->full, swapped ? ", and it swapped" : "");
	if (j->has_memory)
		judge_sample(
			j, single_alarm(j, ALARM_MEMORY), value, &pair, now);
	judge_sample_plain(j, single_alarm(j, ALARM_IO), m->io_full, now);
	j->memory = *m;
	j->has_memory = true;
}

void judge_silence(struct judge *j, double seconds, int64_t now)
{
	double intervals =
		(double)j->rules.interval / (double)judge_default.interval;
	const struct judge_pair *set = &j->rules.pairs[ALARM_GAUGE];
	const struct judge_pair pair = {
		set->warning * intervals, set->critical * intervals};

	judge_sample(j, single_alarm(j, ALARM_GAUGE), seconds, &pair, now);
}

bool judge_probe(struct judge *j, int status, const char *said, int64_t now)
{
	struct alarm *a = single_alarm(j, ALARM_PROBE);
	int level = status == 0 || status == 2 ? status : 1;

	snprintf(j->said, sizeof(j->said), "%s%s",
		level == status ? "" : JUDGE_NOT_KNOWN, said);
	judge_sample_plain(j, a, level, now);
	return level != (int)a->state.level;
}

const struct alarm *judge_alarm(const struct judge *j, size_t i)
{
	return i < JUDGE_ALL_ALARMS ? &j->alarms[i] : NULL;
}

const struct report *judge_last(const struct judge *j)
{
	return j->has_last ? &j->last : NULL;
}

const struct report_watch *judge_watched(const struct judge *j)
{
	return &j->watch;
}
