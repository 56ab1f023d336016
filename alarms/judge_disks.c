/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The disks: how much of each is left, for how long, and whether it is there
 * and can be written to. A file system is told of once, however many paths lie
 * on it; of the queues' it counts what Postfix needs of it.
 */
#include <errno.h>
#include <math.h>

#include "alarms/judge_parts.h"

/* Of a queue's disk: so many times what Postfix needs, at most this part of
 * the disk, but more than what it needs in any case. */
#define WANTED_WARNING 20
#define WANTED_CRITICAL 5
#define WANTED_PART_WARNING 0.5
#define WANTED_PART_CRITICAL 0.25
#define WANTED_LEAST 1.25

void judge_set_wanted(struct judge *j, size_t spool, uint64_t bytes)
{
	j->wanted[spool] = bytes;
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
	line = fmax(line, fmin(times * (double)wanted, part * (double)bytes));
	return fmax(line, WANTED_LEAST * (double)wanted);
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
	struct alarm *a = judge_disk_alarm(j, i, ALARM_DISK);

	a->total = (double)disk->bytes;
	a->refuses_below = wanted;
	judge_sample(j, a, (double)disk->bytes_free, &pair, now);
}

static void judge_disk(
	struct judge *j, size_t i, const struct report *r, int64_t now)
{
	const struct disk *disk = &r->disks[i].disk;
	struct alarm *inodes = judge_disk_alarm(j, i, ALARM_INODES);
	double full_in, percent = 100;
	uint64_t wanted;
	bool queue;

	wanted = wanted_of(j, r, i, &queue);
	for (int k = 0; k < JUDGE_OF_DISK; k++)
		judge_disk_alarm(j, i, (enum alarm_kind)k)->about_mail = queue;
	judge_bytes(j, i, disk, wanted, now);
	forecast_add(&j->bytes[i], now,
		disk->bytes_free > wanted ? (double)(disk->bytes_free - wanted)
					  : 0);
	if (disk->inodes) {
		percent =
			100 * (double)disk->inodes_free / (double)disk->inodes;
		inodes->total = (double)disk->inodes;
		judge_sample_plain(j, inodes, percent, now);
		forecast_add(&j->inodes[i], now, (double)disk->inodes_free);
	}
	full_in = judge_full_in(j, i, now);
	judge_sample_plain(
		j, judge_disk_alarm(j, i, ALARM_FULL_IN), full_in, now);
	j->was_writable[i] |= !disk->read_only || queue;
	judge_sample_plain(j, judge_disk_alarm(j, i, ALARM_READ_ONLY),
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
	for (int k = 0; k < JUDGE_OF_DISK; k++) {
		struct alarm *a = judge_disk_alarm(j, i, (enum alarm_kind)k);

		if (a->state.level != LEVEL_OK)
			judge_sample_plain(
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
	struct alarm *a = judge_disk_alarm(j, i, ALARM_READ_ONLY);

	if (disk->error == ENOENT && !disk->unmounted) {
		leave_disk(j, i, now);
		j->was_there[i] = false;
	}
	/* One mount is told of once. */
	if (!j->was_there[i] || (disk->unmounted && j->was_again[i]))
		return;
	a->about_mail = i < j->watch.spools_n;
	a->total = disk->error;
	judge_sample_plain(j, a, disk->unmounted ? 3 : 2, now);
}

void judge_disks(struct judge *j, const struct report *r, int64_t now)
{
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
}

double judge_full_in(const struct judge *j, size_t i, int64_t now)
{
	return fmin(forecast_empty(&j->bytes[i], now),
		forecast_empty(&j->inodes[i], now));
}
