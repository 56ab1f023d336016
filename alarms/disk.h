/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_DISK_H
#define MAILBAN_ALARMS_DISK_H

#include <stdbool.h>
#include <stdint.h>

/* A file system, as those see it who are not root: what is kept for root is
 * neither free nor theirs. */
struct disk {
	uint64_t device; /* tells file systems apart, while mounted */
	uint64_t bytes, bytes_free;
	/* Both 0 where there is no fixed number of them (btrfs). */
	uint64_t inodes, inodes_free;
	bool read_only;
};

/*
 * The file system that path (a directory or a file) lies on. Follows links,
 * opens nothing for reading and needs the right to search the directories
 * above it alone. 0, or -errno and nothing in *disk.
 */
int disk_read(const char *path, struct disk *disk);

/*
 * What Postfix wants free before it takes a message: it stops when no more
 * than queue_minfree bytes are, or no more than one and a half times
 * message_size_limit (src/smtpd/smtpd_check.c, check_mail_size). 0 of either
 * asks for nothing.
 */
uint64_t disk_wanted(uint64_t queue_minfree, uint64_t message_size_limit);

#endif
