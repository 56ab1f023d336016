/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_PASSED_H
#define MAILBAN_DAEMON_PASSED_H

#include <stdbool.h>

/* What the service manager passed at the start (sd_listen_fds(3)). */
struct passed {
	int syslog; /* a socket that syslog messages come to; -1: none */
	bool own;   /* it is one that mailband made and left there */
};

/* What a socket of ours is called in the service manager's store. */
#define PASSED_NAME "syslog"

/*
 * Takes what was passed; of two sockets the one that is not our own. Everything
 * else is closed, by the service manager too: what is taken is the first
 * descriptor behind stderr.
 */
struct passed passed_take(void);

/* Leaves a socket of ours with the service manager, for our next start. */
void passed_keep(int fd);
/* It is not to be passed any more. */
void passed_forget(void);

#endif
