/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mailban status shows of disks, queues and alarms. */
#include <math.h>
#include <string.h>

#include "alarms/words.h"
#include "daemon/alarms_parts.h"
#include "lib/clock.h"

/* JSON has no infinity: what is never is null. */
static json_t *real(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

json_t *alarms_tell_one(const struct alarm *alarm, const struct words *words,
	int64_t now, int64_t wall)
{
	return json_pack("{s:s,s:s,s:s,s:o,s:I,s:s,s:s}", "name",
		judge_name(alarm->kind), "subject", alarm->subject, "level",
		level_text(alarm->state.level), "value", real(alarm->value),
		"since",
		(json_int_t)((wall - (now - alarm->state.since)) /
			     CLOCK_SECOND),
		"text", words->text, "next", words->next);
}

static json_t *tell_alarm(const struct alarm *alarm)
{
	int64_t now = clock_mono(), wall = clock_wall();
	struct words words;

	words_of(&words, alarm, LEVEL_STILL, now, wall);
	return alarms_tell_one(alarm, &words, now, wall);
}

static json_t *tell_disk(const struct alarms *a, size_t i)
{
	const struct report_disk *d = &judge_last(a->judge)->disks[i];

	if (d->error || d->unmounted)
		return json_pack("{s:s,s:s}", "path",
			judge_watched(a->judge)->disks[i], "error",
			d->unmounted ? "not mounted any more"
				     : strerror(d->error));
	return json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:b,s:o}", "path",
		judge_watched(a->judge)->disks[i], "device",
		(json_int_t)d->disk.device, "bytes", (json_int_t)d->disk.bytes,
		"bytes_free", (json_int_t)d->disk.bytes_free, "inodes",
		(json_int_t)d->disk.inodes, "inodes_free",
		(json_int_t)d->disk.inodes_free, "read_only", d->disk.read_only,
		"full_in", real(judge_full_in(a->judge, i, clock_mono())));
}

static void tell_queues(const struct alarms *a, size_t spool, json_t *list)
{
	const struct report_spool *s = &judge_last(a->judge)->spools[spool];

	for (int q = 0; q < QUEUES; q++) {
		const struct queue *queue = &s->queues[q].queue;

		if (s->queues[q].error)
			continue;
		json_array_append_new(list,
			json_pack("{s:s,s:s,s:I,s:I,s:o,s:o}", "directory",
				judge_watched(a->judge)->spools[spool], "name",
				queue_text((enum queue_name)q), "messages",
				(json_int_t)queue->files, "ready",
				(json_int_t)queue->ready, "bytes",
				/* Only of those that were looked at. */
				queue->looked == queue->files
					? json_integer((json_int_t)queue->bytes)
					: json_null(),
				"oldest",
				queue->oldest ? json_integer(queue->oldest)
					      : json_null()));
	}
}

static json_t *tell_names(const struct listing_name *names)
{
	json_t *list = json_array();

	for (size_t i = 0; i < LISTING_TOP && names[i].n; i++)
		json_array_append_new(
			list, json_pack("{s:s,s:I}", "name", names[i].name, "n",
				      (json_int_t)names[i].n));
	return list;
}

/* Who fills the queues, as postqueue(1) said when an alarm wanted to know. */
static json_t *tell_lists(const struct alarms *a)
{
	static const char *const names[LISTING_PARTS] = {
		[LISTING_MOVING] = "moving", [LISTING_HOLD] = "hold"};
	json_t *list = json_array();

	for (size_t i = 0; i < REPORT_SPOOLS * LISTING_PARTS; i++) {
		const struct alarms_list *l = &a->lists[i / LISTING_PARTS];
		size_t part = i % LISTING_PARTS;

		if (!l->known)
			continue;
		json_array_append_new(list,
			json_pack("{s:s,s:s,s:I,s:I,s:o,s:o,s:o}", "directory",
				judge_watched(a->judge)
					->spools[i / LISTING_PARTS],
				"part", names[part], "age",
				(json_int_t)((clock_mono() - l->took) /
					     CLOCK_SECOND),
				"messages",
				(json_int_t)l->summary.parts[part].messages,
				"senders",
				tell_names(l->summary.parts[part]
						   .lists[LISTING_SENDERS]),
				"domains",
				tell_names(l->summary.parts[part]
						   .lists[LISTING_DOMAINS]),
				"reasons",
				tell_names(l->summary.parts[part]
						   .lists[LISTING_REASONS])));
	}
	return list;
}

void alarms_tell(const struct alarms *a, json_t *object)
{
	json_t *alarms, *disks, *queues;
	const struct alarm *alarm;
	const struct report *last;

	if (!a)
		return;
	alarms = json_array();
	disks = json_array();
	queues = json_array();
	for (size_t i = 0; (alarm = judge_alarm(a->judge, i)); i++)
		if (alarm->state.level != LEVEL_OK)
			json_array_append_new(alarms, tell_alarm(alarm));
	last = judge_last(a->judge);
	for (size_t i = 0; last && i < last->disks_n; i++)
		json_array_append_new(disks, tell_disk(a, i));
	for (size_t i = 0; last && i < last->spools_n; i++)
		tell_queues(a, i, queues);
	json_object_set_new(object, "alarms", alarms);
	json_object_set_new(object, "disks", disks);
	json_object_set_new(object, "queues", queues);
	json_object_set_new(object, "queue_lists", tell_lists(a));
	json_object_set_new(object, "services", alarms_services_tell(a));
	json_object_set_new(object, "look_took",
		last ? json_integer(last->took) : json_null());
	json_object_set_new(
		object, "notices_lost", json_integer((json_int_t)a->lost));
}

/* 0 is well, 2 is critical. */
static json_int_t number_of(const json_t *alarm)
{
	const char *level = json_string_value(json_object_get(alarm, "level"));

	for (int l = LEVEL_CRITICAL; l > LEVEL_OK; l--)
		if (level && strcmp(level, level_text((enum level)l)) == 0)
			return l;
	return LEVEL_OK;
}

void alarms_tell_states(json_t *object)
{
	const json_t *alarms = json_object_get(object, "alarms"), *alarm;
	json_t *states = json_object();
	size_t i;

	for (int k = 0; k < ALARM_KINDS; k++)
		json_object_set_new(states, judge_name((enum alarm_kind)k),
			json_integer(LEVEL_OK));
	json_array_foreach (alarms, i, alarm) {
		const char *name =
			json_string_value(json_object_get(alarm, "name"));
		json_int_t n = number_of(alarm);

		if (name &&
			n > json_integer_value(json_object_get(states, name)))
			json_object_set_new(states, name, json_integer(n));
	}
	if (alarms)
		json_object_set(object, "alarm_states", states);
	json_decref(states);
}
