/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_TESTS_ALARMS_MAILHOST_H
#define MAILBAN_TESTS_ALARMS_MAILHOST_H

#include "alarms/report.h"

/*
 * What is watched on a mail host, and a report in which all is well: the queue,
 * the mailboxes and the logs, each a disk with as many bytes as it says and
 * half of them free, nine tenths of a million inodes, and one empty queue.
 */
void mailhost_watch(struct report_watch *watch);
void mailhost_report(struct report *report, const uint64_t bytes[3]);

#endif
