/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last state that mailband knows of disks and queues: it looks once a
 * minute with rights that a plugin has not, and judges by what was before. Who
 * gets no answer, or one that is too old, looks for himself; that is no fault.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/check/check.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/text.h"

/* Seconds: the time that there is has to do for looking as well. */
#define WAIT_MOST 3

static const char *text_of(const json_t *of, const char *key)
{
	const char *text = json_string_value(json_object_get(of, key));

	return text ? text : "";
}

static uint64_t number_of(const json_t *of, const char *key)
{
	json_int_t v = client_number(of, key);

	return v > 0 ? (uint64_t)v : 0;
}

static void take_disk(struct check_daemon *daemon, const json_t *item)
{
	struct check_disk_seen *d;

	if (daemon->disks_n == CHECK_MANY || json_object_get(item, "error"))
		return;
	d = &daemon->disks[daemon->disks_n++];
	snprintf(d->path, sizeof(d->path), "%s", text_of(item, "path"));
	d->disk.device = number_of(item, "device");
	d->disk.bytes = number_of(item, "bytes");
	d->disk.bytes_free = number_of(item, "bytes_free");
	d->disk.inodes = number_of(item, "inodes");
	d->disk.inodes_free = number_of(item, "inodes_free");
	d->disk.read_only = json_is_true(json_object_get(item, "read_only"));
}

static uint32_t sum(uint32_t a, uint64_t b)
{
	return b > UINT32_MAX - a ? UINT32_MAX : a + (uint32_t)b;
}

/* Those of all instances together. */
static void take_queue(struct check_daemon *daemon, const json_t *item)
{
	int64_t oldest = (int64_t)number_of(item, "oldest");

	for (int i = 0; i < QUEUES; i++) {
		struct queue *q = &daemon->queues[i];

		if (strcmp(queue_text((enum queue_name)i),
			    text_of(item, "name")) != 0)
			continue;
		daemon->has_queues = true;
		q->files = sum(q->files, number_of(item, "messages"));
		q->ready = sum(q->ready, number_of(item, "ready"));
		if (oldest && (!q->oldest || oldest < q->oldest))
			q->oldest = oldest;
	}
}

static bool is_of_disks(const char *name)
{
	static const char *const names[] = {
		"disk_free", "inodes_free", "time_to_full", "read_only"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* Where one more is kept; where there is no room the worse one counts. */
static struct check_alarm *place_of(
	struct check_alarms *alarms, enum verdict_state state)
{
	if (alarms->n < CHECK_ALARMS)
		return &alarms->of[alarms->n++];
	for (size_t i = 0; i < CHECK_ALARMS; i++)
		if (state == VERDICT_CRITICAL &&
			alarms->of[i].state != VERDICT_CRITICAL)
			return &alarms->of[i];
	return NULL;
}

static void take_alarm(struct check_daemon *daemon, const json_t *item)
{
	enum verdict_state state = !strcmp(text_of(item, "level"), "critical")
					   ? VERDICT_CRITICAL
					   : VERDICT_WARNING;
	struct check_alarm *a = place_of(
		&daemon->alarms[is_of_disks(text_of(item, "name"))], state);

	/* Nobody has looked of late. */
	daemon->stale |= !strcmp(text_of(item, "name"), "gauge");
	if (!a)
		return;
	a->state = state;
	snprintf(a->text, sizeof(a->text), "%s", text_of(item, "text"));
}

/* "deferred and its like: from <a@b> 17, <c@d> 3" */
static void take_names(struct check_daemon *daemon, const char *where,
	const char *what, const json_t *names)
{
	const json_t *name;
	char *to;
	size_t i, n, room = sizeof(*daemon->lists);

	if (daemon->lists_n == CHECK_LISTS || !json_array_size(names))
		return;
	to = daemon->lists[daemon->lists_n++];
	n = (size_t)snprintf(to, room, "%s, %s:", where, what);
	json_array_foreach (names, i, name) {
		if (n < room)
			n += (size_t)snprintf(to + n, room - n,
				"%s <%s> %" PRIu64, i ? "," : "",
				text_of(name, "name"), number_of(name, "n"));
	}
}

static void take_list(struct check_daemon *daemon, const json_t *item)
{
	const char *where = strcmp(text_of(item, "part"), "hold") == 0
				    ? "on hold"
				    : "on their way";

	take_names(daemon, where, "from", json_object_get(item, "senders"));
	take_names(daemon, where, "to", json_object_get(item, "domains"));
	take_names(daemon, where, "put off because",
		json_object_get(item, "reasons"));
}

bool check_daemon_ask(
	const struct check_options *options, struct check_daemon *daemon)
{
	struct options ask = {.socket = options->socket, .wait = WAIT_MOST};
	const json_t *disks, *queues, *alarms, *item;
	char why[VERDICT_TEXT];
	json_t *status = NULL;
	bool known;
	size_t i;

	memset(daemon, 0, sizeof(*daemon));
	if (options->timeout < 2 * WAIT_MOST)
		ask.wait = 1;
	text_complain_into(why, sizeof(why));
	client_ask(&ask, json_pack("{s:s}", "command", "status"), &status);
	text_complain_into(NULL, 0);
	disks = json_object_get(status, "disks");
	queues = json_object_get(status, "queues");
	alarms = json_object_get(status, "alarms");
	/* Before its first look it knows of no disk. */
	known = json_is_array(alarms) && json_array_size(disks);
	json_array_foreach (disks, i, item)
		take_disk(daemon, item);
	json_array_foreach (queues, i, item)
		take_queue(daemon, item);
	json_array_foreach (alarms, i, item)
		take_alarm(daemon, item);
	json_array_foreach (json_object_get(status, "queue_lists"), i, item)
		take_list(daemon, item);
	json_decref(status);
	return known && !daemon->stale;
}

void check_daemon_alarms(const struct check_daemon *daemon, bool of_disks,
	struct verdict *verdict)
{
	const struct check_alarms *alarms = &daemon->alarms[of_disks];

	for (size_t i = 0; i < alarms->n; i++)
		verdict_find(
			verdict, alarms->of[i].state, "%s", alarms->of[i].text);
}
