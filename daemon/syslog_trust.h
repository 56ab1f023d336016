/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_SYSLOG_TRUST_H
#define MAILBAN_DAEMON_SYSLOG_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The system's users, whose names tell what they run. */
struct syslog_trust;

/* Of this passwd(5); NULL is the host's. Never NULL. */
struct syslog_trust *syslog_trust_new(const char *passwd);
void syslog_trust_free(struct syslog_trust **trust);
/* About once a second: users that came or went. */
void syslog_trust_tick(struct syslog_trust *trust);

/*
 * Is a line the system's own that this uid wrote: root, or a system user that
 * bears the program's name (journal_trust_named), as postfix does
 * postfix/smtpd's, Debian-exim exim's?
 */
bool syslog_trust_systems(const struct syslog_trust *trust, uid_t uid,
	const char *tag, size_t tag_len);
/* NULL if it is no system user's. */
const char *syslog_trust_user(const struct syslog_trust *trust, uid_t uid);

#endif
