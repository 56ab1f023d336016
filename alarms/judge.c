/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the numbers of gauge process and kernel to alarms: which value is held
 * against which thresholds. It says nothing itself and reads no clock; every
 * table in it has a fixed size.
 */
#include "alarms/judge.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alarms/judge_parts.h"
#include "lib/clock.h"

/* Of a queue's disk: so many times what Postfix needs, at most this part of
 * the disk, but more than what it needs in any case. */
#define WANTED_WARNING 20
#define WANTED_CRITICAL 5
#define WANTED_PART_WARNING 0.5
#define WANTED_PART_CRITICAL 0.25
#define WANTED_LEAST 1.25

/* A queue is worth an alarm if it is so many times as long as usual. */
#define USUAL_WARNING 3
#define USUAL_CRITICAL 10

static struct alarm *disk_alarm(struct judge *j, size_t i, enum alarm_kind kind)
{
	return &j->alarms[i * OF_DISK + kind];
}

static struct alarm *spool_alarm(
	struct judge *j, size_t i, enum alarm_kind kind)
{
	return &j->alarms[DISK_ALARMS + i * OF_SPOOL + kind - ALARM_INCOMING];
}

static struct alarm *single_alarm(struct judge *j, enum alarm_kind kind)
{
	return &j->alarms[DISK_ALARMS + SPOOL_ALARMS + kind - ALARM_MEMORY];
}

/* Which alarm is in which place. */
static void lay_out(struct judge *j)
{
	for (size_t i = 0; i < ALL_ALARMS; i++)
		j->alarms[i].subject = j->alarms[i].more = "";
	for (size_t i = 0; i < DISK_ALARMS; i++)
		j->alarms[i].kind = (enum alarm_kind)(i % OF_DISK);
	for (size_t i = 0; i < SPOOL_ALARMS; i++) {
		struct alarm *a = &j->alarms[DISK_ALARMS + i];

		a->kind = (enum alarm_kind)(ALARM_INCOMING + i % OF_SPOOL);
		a->about_mail = true;
		if (a->kind != ALARM_PROCESSES)
			a->more = j->more[i / OF_SPOOL]
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
		for (int k = 0; k < OF_DISK; k++)
			disk_alarm(j, i, (enum alarm_kind)k)->subject =
				j->watch.disks[i];
	for (size_t i = 0; i < REPORT_SPOOLS; i++)
		for (int k = 0; k < OF_SPOOL; k++)
			spool_alarm(j, i, (enum alarm_kind)(ALARM_INCOMING + k))
				->subject = j->watch.spools[i];
}

void judge_set_wanted(struct judge *j, size_t spool, uint64_t bytes)
{
	j->wanted[spool] = bytes;
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

/* With the thresholds of the configuration. */
static void sample_plain(
	struct judge *j, struct alarm *a, double value, int64_t now)
{
	judge_sample(j, a, value, &j->rules.pairs[a->kind], now);
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

/* It was seen, and not what lies beneath. */
static bool is_there(const struct report_disk *disk)
{
	return !disk->error && !disk->unmounted;
}

/* What Postfix wants of the file system that disk i is on: of any instance. */
static uint64_t wanted_of(
	const struct judge *j, const struct report *r, size_t i, bool *queue)
{
	uint64_t most = 0;

	*queue = false;
	for (size_t s = 0; s < j->watch.spools_n; s++) {
		if (!is_there(&r->disks[s]) ||
			r->disks[s].disk.device != r->disks[i].disk.device)
			continue;
		*queue = true;
		if (j->wanted[s] > most)
			most = j->wanted[s];
	}
	return most;
}

static double bytes_line(double percent, double times, double part,
	uint64_t wanted, uint64_t bytes)
{
	double line = percent / 100 * (double)bytes;

	/* Turned off is off. */
	if (percent < 0 || !isfinite(percent))
		return -INFINITY;
	line = larger(
		line, smaller(times * (double)wanted, part * (double)bytes));
	return larger(line, WANTED_LEAST * (double)wanted);
}

static void judge_bytes(struct judge *j, size_t i, const struct disk *disk,
	uint64_t wanted, int64_t now)
{
	const struct judge_pair *set = &j->rules.pairs[ALARM_DISK];
	const struct judge_pair pair = {
		bytes_line(set->warning, WANTED_WARNING, WANTED_PART_WARNING,
			wanted, disk->bytes),
		bytes_line(set->critical, WANTED_CRITICAL, WANTED_PART_CRITICAL,
			wanted, disk->bytes)};
	struct alarm *a = disk_alarm(j, i, ALARM_DISK);

	a->total = (double)disk->bytes;
	a->refuses_below = wanted;
	judge_sample(j, a, (double)disk->bytes_free, &pair, now);
}

static void judge_disk(
	struct judge *j, size_t i, const struct report *r, int64_t now)
{
	const struct disk *disk = &r->disks[i].disk;
	struct alarm *inodes = disk_alarm(j, i, ALARM_INODES);
	double full_in, percent = 100;
	uint64_t wanted;
	bool queue;

	wanted = wanted_of(j, r, i, &queue);
	for (int k = 0; k < OF_DISK; k++)
		disk_alarm(j, i, (enum alarm_kind)k)->about_mail = queue;
	judge_bytes(j, i, disk, wanted, now);
	forecast_add(&j->bytes[i], now,
		disk->bytes_free > wanted ? (double)(disk->bytes_free - wanted)
					  : 0);
	if (disk->inodes) {
		percent =
			100 * (double)disk->inodes_free / (double)disk->inodes;
		inodes->total = (double)disk->inodes;
		sample_plain(j, inodes, percent, now);
		forecast_add(&j->inodes[i], now, (double)disk->inodes_free);
	}
	full_in = judge_full_in(j, i, now);
	sample_plain(j, disk_alarm(j, i, ALARM_FULL_IN), full_in, now);
	j->was_writable[i] |= !disk->read_only || queue;
	sample_plain(j, disk_alarm(j, i, ALARM_READ_ONLY),
		disk->read_only && j->was_writable[i], now);
}

/* Each file system once, by the first path that lies on it. */
static bool is_again(const struct report *r, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (is_there(&r->disks[k]) &&
			r->disks[k].disk.device == r->disks[i].disk.device)
			return true;
	return false;
}

/* An alarm of a path that has moved to another's file system is over. */
static void leave_disk(struct judge *j, size_t i, int64_t now)
{
	for (int k = 0; k < OF_DISK; k++) {
		struct alarm *a = disk_alarm(j, i, (enum alarm_kind)k);

		if (a->state.level != LEVEL_OK)
			sample_plain(
				j, a, k == ALARM_READ_ONLY ? 0 : INFINITY, now);
		else
			a->known = false;
	}
}

/* A server's that is away, a medium that fails or is not mounted; a folder that
 * somebody has removed is no such thing. */
static void judge_gone(
	struct judge *j, size_t i, const struct report_disk *disk, int64_t now)
{
	struct alarm *a = disk_alarm(j, i, ALARM_READ_ONLY);

	if (disk->error == ENOENT && !disk->unmounted) {
		leave_disk(j, i, now);
		j->was_there[i] = false;
	}
	/* One mount is told of once. */
	if (!j->was_there[i] || (disk->unmounted && j->was_again[i]))
		return;
	a->about_mail = i < j->watch.spools_n;
	a->total = disk->error;
	sample_plain(j, a, disk->unmounted ? 3 : 2, now);
}

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
			age = larger(age, a->value);
	}
	sample_plain(j, a, age, now);
}

static void judge_deferred(
	struct judge *j, size_t i, const struct queue *q, int64_t now)
{
	const struct judge_pair *set = &j->rules.pairs[ALARM_DEFERRED];
	double usual = forecast_usual(&j->deferred[i]);
	const struct judge_pair pair = {
		larger(set->warning, USUAL_WARNING * usual),
		larger(set->critical, USUAL_CRITICAL * usual)};

	judge_sample(
		j, spool_alarm(j, i, ALARM_DEFERRED), q->files, &pair, now);
	forecast_add(&j->deferred[i], now, q->files);
}

/* A queue that swells is told before it is long; then its length is. */
static void judge_growth(struct judge *j, size_t i, int k,
	const struct report_spool *s, int64_t now)
{
	static const struct {
		enum queue_name queue;
		enum alarm_kind length;
	} of[GROWTHS] = {{QUEUE_INCOMING, ALARM_INCOMING},
		{QUEUE_ACTIVE, ALARM_ACTIVE}, {QUEUE_DEFERRED, ALARM_DEFERRED},
		{QUEUE_HOLD, ALARM_HOLD_GROWTH}};
	enum alarm_kind kind = (enum alarm_kind)(ALARM_INCOMING_GROWTH + k);
	struct judge_pair pair = j->rules.pairs[kind];
	struct alarm *a = spool_alarm(j, i, kind);
	const struct queue *q = queue_of(s, of[k].queue);
	uint32_t growth;

	if (!q)
		return;
	growth = growth_see(&j->growths[i][k], now, q->files);
	if (of[k].queue == QUEUE_DEFERRED)
		pair.warning = larger(pair.warning,
			(USUAL_WARNING - 1) * forecast_usual(&j->deferred[i]));
	if (of[k].length != kind && a->state.level == LEVEL_OK &&
		spool_alarm(j, i, of[k].length)->state.warnings)
		return;
	judge_sample(j, a, growth, &pair, now);
}

static void judge_spool(
	struct judge *j, size_t i, const struct report_spool *s, int64_t now)
{
	const struct queue *q;

	if ((q = queue_of(s, QUEUE_INCOMING))) {
		sample_plain(
			j, spool_alarm(j, i, ALARM_INCOMING), q->ready, now);
		judge_age(j, spool_alarm(j, i, ALARM_OLDEST), q, now);
	}
	if ((q = queue_of(s, QUEUE_ACTIVE)))
		sample_plain(j, spool_alarm(j, i, ALARM_ACTIVE), q->files, now);
	if ((q = queue_of(s, QUEUE_DEFERRED))) {
		judge_deferred(j, i, q, now);
		judge_age(j, spool_alarm(j, i, ALARM_OLDEST_DEFERRED), q, now);
	}
	if ((q = queue_of(s, QUEUE_CORRUPT)))
		sample_plain(
			j, spool_alarm(j, i, ALARM_CORRUPT), q->files, now);
	for (int k = 0; k < GROWTHS; k++)
		judge_growth(j, i, k, s, now);
	if ((q = queue_of(s, QUEUE_MAILDROP)))
		judge_age(j, spool_alarm(j, i, ALARM_MAILDROP), q, now);
}

void judge_report(
	struct judge *j, const struct report *r, int64_t now, int64_t wall)
{
	if (r->disks_n != j->watch.disks_n || r->spools_n != j->watch.spools_n)
		return;
	ages_see(&j->ages, now, wall);
	j->last = *r;
	j->has_last = true;
	for (size_t i = 0; i < r->disks_n; i++) {
		if (!is_there(&r->disks[i])) {
			judge_gone(j, i, &r->disks[i], now);
			continue;
		}
		j->was_there[i] = true;
		j->was_again[i] = is_again(r, i);
		if (j->was_again[i])
			leave_disk(j, i, now);
		else
			judge_disk(j, i, r, now);
	}
	for (size_t i = 0; i < r->spools_n; i++)
		judge_spool(j, i, &r->spools[i], now);
}

bool judge_services(struct judge *j, size_t spool,
	const struct services *services, int64_t now)
{
	struct alarm *a = spool_alarm(j, spool, ALARM_PROCESSES);
	const struct service *most = services_fullest(services);

	if (most) {
		snprintf(a->detail, sizeof(a->detail), "%s/%s", most->name,
			most->type);
		a->total = most->limit;
		sample_plain(j, a, service_share(most), now);
	} else if (a->known) {
		sample_plain(j, a, 0, now);
	}
	return a->state.level != LEVEL_OK || a->state.warnings;
}

void judge_memory(struct judge *j, const struct memory *m, int64_t now)
{
	static const struct judge_pair pair = {1, 2};
	const struct judge_pair *set = &j->rules.pairs[ALARM_MEMORY];
	double some = m->some / set->warning, full = m->full / set->critical;
	double value = full > 1 ? 1 + full : smaller(some, 2);
	bool swapped = j->has_memory && m->swapped_in != j->memory.swapped_in;

	/* Pressure without swapping is a cache that is too small. */
	if (j->has_memory && !swapped)
		value = smaller(value, 1);
	snprintf(j->waited, sizeof(j->waited),
		"some programs waited for it %.0f %% of a minute, all of them "
		"%.0f %%%s",
		m->some, m->full, swapped ? ", and it swapped" : "");
	if (j->has_memory)
		judge_sample(
			j, single_alarm(j, ALARM_MEMORY), value, &pair, now);
	sample_plain(j, single_alarm(j, ALARM_IO), m->io_full, now);
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
	sample_plain(j, a, level, now);
	return level != (int)a->state.level;
}

bool judge_wants_more(const struct judge *j, size_t spool)
{
	static const enum alarm_kind kinds[] = {ALARM_INCOMING, ALARM_ACTIVE,
		ALARM_DEFERRED, ALARM_INCOMING_GROWTH, ALARM_ACTIVE_GROWTH,
		ALARM_DEFERRED_GROWTH, ALARM_HOLD_GROWTH};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const struct alarm *a =
			&j->alarms[DISK_ALARMS + spool * OF_SPOOL + kinds[i] -
				   ALARM_INCOMING];

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

const struct alarm *judge_alarm(const struct judge *j, size_t i)
{
	return i < ALL_ALARMS ? &j->alarms[i] : NULL;
}

const struct report *judge_last(const struct judge *j)
{
	return j->has_last ? &j->last : NULL;
}

const struct report_watch *judge_watched(const struct judge *j)
{
	return &j->watch;
}

double judge_full_in(const struct judge *j, size_t i, int64_t now)
{
	return smaller(forecast_empty(&j->bytes[i], now),
		forecast_empty(&j->inodes[i], now));
}
