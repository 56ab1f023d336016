/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_SIGN_H
#define MAILBAN_LEDGER_SIGN_H

#include "ledger/span.h"

struct record;

/* What a line tells of the mail system's own trouble. */
enum sign {
	SIGN_NO_SPACE,	 /* no room for mail */
	SIGN_DISK_FAULT, /* read-only, or it cannot be read or written */
	SIGN_LIMIT,	 /* of processes, clients, open files */
	SIGN_THROTTLED,	 /* a service is not started for a while */
	SIGN_CRASHED,	 /* panic, or killed by a signal */
	SIGN_FATAL,	 /* a service gave up */
	SIGN_CONFIG,	 /* mail is put off: configuration, or a lookup */
	SIGN_KINDS,	 /* those above are counted */
	SIGN_STOPPED = SIGN_KINDS, /* the mail system ends */
	SIGN_STARTED,		   /* it began */
	SIGN_NONE,
};

/*
 * The sign that a line of Postfix or Dovecot is, by what they print (Postfix
 * 3.4 to 3.12: src/master/master_avail.c, master_spawn.c, master_sig.c,
 * src/smtpd/smtpd_check.c, src/global/mbox_open.c; Dovecot 2.3 and 2.4:
 * src/master/service-monitor.c, service-process.c, main.c). *who is the service
 * that it is about, of SIGN_STARTED the version ("3.7.11"), a part of the line;
 * not set with SIGN_NONE.
 *
 * Only where these programs write it themselves: no name, address, HELO, answer
 * of a remote server or output of a user's command makes a sign.
 */
enum sign sign_of_postfix(const struct record *record, struct span *who);
enum sign sign_of_dovecot(const struct record *record, struct span *who);

#endif
