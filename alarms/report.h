/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_REPORT_H
#define MAILBAN_ALARMS_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alarms/disk.h"
#include "alarms/queue.h"

/*
 * What goes to the gauge process, once, and what comes back each time that it
 * is asked to look: paths in, numbers out.
 */
#define REPORT_DISKS 16
#define REPORT_SPOOLS 4 /* queue directories, of Postfix' instances */
#define REPORT_PATH 256 /* with the NUL */
#define REPORT_WATCH_BYTES 6000
#define REPORT_BYTES 4096

struct report_watch {
	char disks[REPORT_DISKS][REPORT_PATH];
	char spools[REPORT_SPOOLS][REPORT_PATH];
	uint8_t disks_n, spools_n;
};

/* In the order of the paths; error 0, or an errno and zeroes. */
struct report {
	struct report_disk {
		int error;
		/* What was mounted there is not any more: not the gauge
		 * process' word, which sees what lies beneath. */
		bool unmounted;
		struct disk disk;
	} disks[REPORT_DISKS];
	struct report_spool {
		struct report_queue {
			int error;
			struct queue queue;
		} queues[QUEUES];
	} spools[REPORT_SPOOLS];
	uint8_t disks_n, spools_n;
	int64_t took; /* microseconds */
};

/* Bytes written, or 0 if it does not fit or a path is not absolute. */
size_t report_watch_encode(
	const struct report_watch *watch, void *bytes, size_t room);
/* False, and *watch unusable, unless all of it is as encode makes it. */
bool report_watch_decode(
	const void *bytes, size_t n, struct report_watch *watch);

size_t report_encode(const struct report *report, void *bytes, size_t room);
/* Also false if a number is one that report_look() never gives. */
bool report_decode(const void *bytes, size_t n, struct report *report);

/* Of each queue; all zero at the start, the same each time. */
struct report_rounds {
	struct queue_round queues[REPORT_SPOOLS][QUEUES];
};

/* Looks at all of it. */
void report_look(const struct report_watch *watch, struct report_rounds *rounds,
	struct report *report);

#endif
