/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A mail host with nothing wrong, for tests to break. */
#include "tests/alarms/mailhost.h"

#include <string.h>

void mailhost_watch(struct report_watch *watch)
{
	memset(watch, 0, sizeof(*watch));
	watch->disks_n = 3;
	watch->spools_n = 1;
	strcpy(watch->disks[0], "/var/spool/postfix");
	strcpy(watch->spools[0], "/var/spool/postfix");
	strcpy(watch->disks[1], "/var/mail");
	strcpy(watch->disks[2], "/var/log");
}

void mailhost_report(struct report *report, const uint64_t bytes[3])
{
	memset(report, 0, sizeof(*report));
	report->disks_n = 3;
	report->spools_n = 1;
	for (unsigned int i = 0; i < 3; i++)
		report->disks[i].disk = (struct disk){.device = i,
			.bytes = bytes[i],
			.bytes_free = bytes[i] / 2,
			.inodes = 1000000,
			.inodes_free = 900000};
}
