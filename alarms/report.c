/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two messages between engine and gauge process, and the look itself. The
 * one that reads paths has a capability: it takes them once, whole, or not at
 * all.
 */
#include "alarms/report.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/codec.h"

#define ERROR_MOST 4095

static void write_paths(
	struct writer *w, const char (*paths)[REPORT_PATH], uint8_t n)
{
	write_u8(w, n);
	for (uint8_t i = 0; i < n; i++) {
		if (paths[i][0] != '/')
			w->full = true;
		write_text(w, paths[i]);
	}
}

static uint8_t read_paths(
	struct reader *r, char (*paths)[REPORT_PATH], uint8_t most)
{
	uint8_t n = read_u8(r);

	if (n > most) {
		r->bad = true;
		return 0;
	}
	for (uint8_t i = 0; i < n; i++) {
		read_text(r, paths[i], REPORT_PATH);
		if (paths[i][0] != '/')
			r->bad = true;
	}
	return n;
}

size_t report_watch_encode(
	const struct report_watch *watch, void *bytes, size_t room)
{
	struct writer w;

	writer_init(&w, bytes, room);
	write_paths(&w, watch->disks, watch->disks_n);
	write_paths(&w, watch->spools, watch->spools_n);
	return w.full ? 0 : w.n;
}

bool report_watch_decode(
	const void *bytes, size_t n, struct report_watch *watch)
{
	struct reader r;

	memset(watch, 0, sizeof(*watch));
	reader_init(&r, bytes, n);
	watch->disks_n = read_paths(&r, watch->disks, REPORT_DISKS);
	watch->spools_n = read_paths(&r, watch->spools, REPORT_SPOOLS);
	return reader_done(&r);
}

static void write_disk(struct writer *w, const struct report_disk *d)
{
	write_u16(w, (uint16_t)d->error);
	write_u64(w, d->disk.device);
	write_u64(w, d->disk.bytes);
	write_u64(w, d->disk.bytes_free);
	write_u64(w, d->disk.inodes);
	write_u64(w, d->disk.inodes_free);
	write_u8(w, d->disk.read_only);
}

static int read_error(struct reader *r)
{
	uint16_t error = read_u16(r);

	if (error > ERROR_MOST)
		r->bad = true;
	return error;
}

static bool read_bool(struct reader *r)
{
	uint8_t v = read_u8(r);

	if (v > 1)
		r->bad = true;
	return v == 1;
}

static void read_disk(struct reader *r, struct report_disk *d)
{
	d->error = read_error(r);
	d->disk.device = read_u64(r);
	d->disk.bytes = read_u64(r);
	d->disk.bytes_free = read_u64(r);
	d->disk.inodes = read_u64(r);
	d->disk.inodes_free = read_u64(r);
	d->disk.read_only = read_bool(r);
	if (d->disk.bytes_free > d->disk.bytes ||
		d->disk.inodes_free > d->disk.inodes)
		r->bad = true;
}

static void write_queue(struct writer *w, const struct report_queue *q)
{
	write_u16(w, (uint16_t)q->error);
	write_u32(w, q->queue.files);
	write_u32(w, q->queue.ready);
	write_u32(w, q->queue.looked);
	write_u64(w, q->queue.bytes);
	write_u64(w, (uint64_t)q->queue.oldest);
	write_u8(w, q->queue.cut);
}

static void read_queue(struct reader *r, struct report_queue *q)
{
	q->error = read_error(r);
	q->queue.files = read_u32(r);
	q->queue.ready = read_u32(r);
	q->queue.looked = read_u32(r);
	q->queue.bytes = read_u64(r);
	q->queue.oldest = (int64_t)read_u64(r);
	q->queue.cut = read_bool(r);
	if (q->queue.files > QUEUE_MOST || q->queue.ready > q->queue.files ||
		q->queue.looked > QUEUE_LOOKS || q->queue.oldest < 0)
		r->bad = true;
}

size_t report_encode(const struct report *report, void *bytes, size_t room)
{
	struct writer w;

	writer_init(&w, bytes, room);
	write_u8(&w, report->disks_n);
	for (uint8_t i = 0; i < report->disks_n; i++)
		write_disk(&w, &report->disks[i]);
	write_u8(&w, report->spools_n);
	for (uint8_t i = 0; i < report->spools_n; i++)
		for (int q = 0; q < QUEUES; q++)
			write_queue(&w, &report->spools[i].queues[q]);
	write_u64(&w, (uint64_t)report->took);
	return w.full ? 0 : w.n;
}

bool report_decode(const void *bytes, size_t n, struct report *report)
{
	struct reader r;

	memset(report, 0, sizeof(*report));
	reader_init(&r, bytes, n);
	report->disks_n = read_u8(&r);
	if (report->disks_n > REPORT_DISKS)
		return false;
	for (uint8_t i = 0; i < report->disks_n; i++)
		read_disk(&r, &report->disks[i]);
	report->spools_n = read_u8(&r);
	if (report->spools_n > REPORT_SPOOLS)
		return false;
	for (uint8_t i = 0; i < report->spools_n; i++)
		for (int q = 0; q < QUEUES; q++)
			read_queue(&r, &report->spools[i].queues[q]);
	report->took = (int64_t)read_u64(&r);
	return reader_done(&r) && report->took >= 0;
}

void report_look(const struct report_watch *watch, struct report_rounds *rounds,
	struct report *report)
{
	int64_t begun = clock_mono();

	memset(report, 0, sizeof(*report));
	report->disks_n = watch->disks_n;
	report->spools_n = watch->spools_n;
	for (uint8_t i = 0; i < watch->disks_n; i++)
		report->disks[i].error =
			-disk_read(watch->disks[i], &report->disks[i].disk);
	for (uint8_t i = 0; i < watch->spools_n; i++)
		for (int q = 0; q < QUEUES; q++)
			report->spools[i].queues[q].error = -queue_count(
				watch->spools[i], (enum queue_name)q,
				&rounds->queues[i][q],
				&report->spools[i].queues[q].queue);
	report->took = clock_mono() - begun;
}
