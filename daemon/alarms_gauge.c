/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gauge process: told once what to watch, asked once an interval to look,
 * and begun again when it dies or cannot see. It may hang in a file system for
 * as long as that hangs: nobody waits for it here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "alarms/mounts.h"
#include "daemon/alarms_parts.h"
#include "daemon/gauge.h"
#include "lib/clock.h"
#include "lib/log.h"

/* How often the time to the next gauge process is doubled: from half an
 * interval. */
#define DOUBLED_MOST 6

/* One that is killed at each look is started less and less often. */
static void gauge_died(struct alarms *a)
{
	unsigned int doubled =
		a->deaths < DOUBLED_MOST ? a->deaths : DOUBLED_MOST;

	if (a->deaths++ == 0)
		log_error("alarms: the gauge process was killed: another one "
			  "is started");
	a->looking = a->watching = false;
	a->gauge_after =
		clock_mono() + (a->settings->rules.interval << doubled) / 2;
}

/* The first word to a gauge process, without which it ends. */
static void begin_gauge(struct alarms *a)
{
	uint8_t bytes[REPORT_WATCH_BYTES];
	size_t n = report_watch_encode(
		judge_watched(a->judge), bytes, sizeof(bytes));

	a->watching = a->gauge_io && n > 0 &&
		      send(a->helpers.gauge_fd, bytes, n,
			      MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n;
}

/*
 * What was not there when it began, or is another file system's since, it may
 * not look into: another one may.
 */
static void begin_again(struct alarms *a)
{
	const char ask = GAUGE_AGAIN;

	if (a->gauge_io && !a->looking &&
		send(a->helpers.gauge_fd, &ask, 1,
			MSG_DONTWAIT | MSG_NOSIGNAL) == 1)
		begin_gauge(a);
}

/* A queue that is merely not there is one that Postfix has not made yet. */
static bool is_blind(const struct report *report)
{
	for (uint8_t i = 0; report && i < report->spools_n; i++) {
		const struct report_queue *queues = report->spools[i].queues;

		for (int q = 0; q < QUEUES; q++)
			if (queues[q].error && (queues[q].error != ENOENT ||
						       q == QUEUE_ACTIVE))
				return true;
	}
	return false;
}

static void look(struct alarms *a)
{
	const char ask = GAUGE_LOOK;

	if (!a->gauge_io || !a->watching || a->looking)
		return;
	if (send(a->helpers.gauge_fd, &ask, 1, MSG_DONTWAIT | MSG_NOSIGNAL) ==
		1)
		a->looking = true;
}

/* What is read-only for this service alone is no fault of the disk's; what is
 * mounted no more is one, though the disk beneath is well. */
static void see_mounts(struct alarms *a, struct report *report)
{
	struct mounts *mounts = mounts_new(a->helpers.mounts_fd);

	for (uint8_t i = 0; i < report->disks_n; i++) {
		struct report_disk *d = &report->disks[i];

		d->disk.read_only &= mounts_read_only(mounts, d->disk.device);
		d->unmounted =
			a->points[i][0] && mounts_is_gone(mounts, a->points[i]);
		if (!d->error && !d->unmounted)
			mounts_point(mounts, d->disk.device,
				judge_watched(a->judge)->disks[i], a->points[i],
				sizeof(a->points[i]));
	}
	mounts_free(&mounts);
}

static int on_gauge(sd_event_source *s, int fd, uint32_t events, void *ctx)
{
	static struct report report;
	struct alarms *a = ctx;
	uint8_t bytes[REPORT_BYTES];
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_TRUNC);

	(void)s;
	(void)events;
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0) {
		alarms_give_up(a, "who starts the gauge process",
			n < 0 ? strerror(errno) : "it ended");
	} else if (n == 1 && bytes[0] == GAUGE_LOST) {
		gauge_died(a);
	} else if ((size_t)n > sizeof(bytes) ||
		   !report_decode(bytes, (size_t)n, &report)) {
		alarms_give_up(a, "the gauge process", "it talks nonsense");
	} else {
		if (a->deaths)
			log_info("alarms: disks and queues are watched again");
		a->deaths = 0;
		a->looking = false;
		a->seen = clock_mono();
		see_mounts(a, &report);
		alarms_postfix_tell(a, &report);
		judge_report(a->judge, &report, a->seen, clock_wall());
		alarms_queue_ask(a);
	}
	return 0;
}

void alarms_gauge_watch(struct alarms *a)
{
	struct report_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		abort();
	alarms_postfix_watch(a, watch);
	if (!a->settled) {
		judge_watch(a->judge, watch);
		alarms_postfix_place(a);
		a->settled = true;
		begin_gauge(a);
	} else if (memcmp(watch, judge_watched(a->judge), sizeof(*watch))) {
		log_warning("alarms: other directories are to be watched than "
			    "at the start; restart mailband to have it so");
	} else if (is_blind(judge_last(a->judge))) {
		begin_again(a);
	}
	for (size_t i = 0; i < a->postfix.n; i++) {
		const struct postconf *conf = &a->postfix.instances[i];

		if (a->postfix.spool[i] < REPORT_SPOOLS)
			judge_set_wanted(a->judge, a->postfix.spool[i],
				disk_wanted(conf->queue_minfree,
					conf->message_size_limit));
	}
	free(watch);
	look(a);
}

void alarms_gauge_tick(struct alarms *a, int64_t now)
{
	if (a->settled && !a->watching && now >= a->gauge_after)
		begin_gauge(a);
	else if (is_blind(judge_last(a->judge)))
		begin_again(a);
	if (a->gauge_io || a->watching)
		judge_silence(
			a->judge, (double)(now - a->seen) / CLOCK_SECOND, now);
	look(a);
}

int alarms_gauge_open(struct alarms *a)
{
	a->seen = clock_mono();
	if (a->helpers.gauge_fd < 0)
		return 0;
	return sd_event_add_io(a->loop, &a->gauge_io, a->helpers.gauge_fd,
		EPOLLIN, on_gauge, a);
}
