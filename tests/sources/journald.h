/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_TESTS_SOURCES_JOURNALD_H
#define MAILBAN_TESTS_SOURCES_JOURNALD_H

#include <stddef.h>

/*
 * A real systemd-journald of a test's own. The test's process leaves the
 * host's mounts and sees a /run and a /var/log of its own, so nothing of the
 * host is read or written. What the system refuses ends the program with a
 * message.
 */

/* Leaves the host's mounts; once a process, as root. */
void journald_leave_host(void);
/* An empty /run and /var/log, for the next test. */
void journald_clear(void);
/* Starts it with Storage=storage and waits until it takes messages. */
void journald_start(const char *storage);
/* Ends it in order, and waits for that. */
void journald_stop(void);

/* One entry by the native protocol, of fields "NAME=value" up to a NULL. */
void journald_send(const char *field, ...) __attribute__((sentinel));
/* The same with a MESSAGE of n bytes of any kind. */
void journald_send_bytes(const char *message, size_t n);
/* One line by syslog(3)'s socket: "<22>tag[1]: text". */
void journald_syslog(const char *line);
/* n bytes of a service's standard output, of the program test, up to its end:
 * lines as journald finds them. */
void journald_stream(const char *bytes, size_t n);
/* All that was sent is in the files when this returns. */
void journald_sync(void);

/* Runs journalctl with these arguments up to a NULL. */
void journald_ctl(const char *argument, ...) __attribute__((sentinel));
/* Removes the archived file number n, the oldest being 0; returns how many
 * archived files there were. */
size_t journald_remove_archived(size_t n);

#endif
