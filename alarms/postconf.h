/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_POSTCONF_H
#define MAILBAN_ALARMS_POSTCONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alarms/disk.h"

/* What of a Postfix' main.cf is of use; 0 or "" where it says nothing. */
#define POSTCONF_PATH 256
#define POSTCONF_TEXT 1024
struct postconf {
	char queue_directory[POSTCONF_PATH];
	char mail_spool_directory[POSTCONF_PATH];
	char virtual_mailbox_base[POSTCONF_PATH];
	char multi_instance_directories[POSTCONF_TEXT];
	uint64_t queue_minfree, message_size_limit;
	uint32_t default_process_limit;
	/* It said where the queue is and what room that wants. */
	bool complete;
};

/* What postconf(1) is asked with, NULL behind the last: of the instance whose
 * configuration is in directory, or Postfix' own where that is NULL or "". */
#define POSTCONF_ARGUMENTS 16
void postconf_arguments(
	const char *argv[POSTCONF_ARGUMENTS], const char *directory);

/*
 * Takes "name = value" lines, as postconf(1) prints them; others, and values
 * that do not fit, are as if they were not there.
 */
void postconf_take(struct postconf *conf, const char *text, size_t n);

/*
 * What is wrong with it on this disk, in a sentence for the log: the i-th thing
 * that may be, "" if it is not; false behind the last.
 */
bool postconf_fault(const struct postconf *conf, const struct disk *disk,
	size_t i, char *text, size_t room);

#endif
