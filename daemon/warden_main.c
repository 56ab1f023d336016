/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban-warden UID GID confined|open: started by mailband with a socket on
 * descriptor 3, never by hand. Keeps CAP_NET_ADMIN, gives up everything else,
 * and serves.
 */
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/sandbox.h"
#include "daemon/warden.h"
#include "daemon/warden_spawn.h"
#include "lib/log.h"

/* A decimal number below 2^32 - 1, which means "no id". */
static int parse_id(const char *text, unsigned int *id)
{
	unsigned long v;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	v = strtoul(text, &end, 10);
	if (*end || errno || v >= 0xffffffffUL)
		return -EINVAL;
	*id = (unsigned int)v;
	return 0;
}

static int give_up_rights(uid_t uid, gid_t gid, bool confined)
{
	int rc = sandbox_close_from(WARDEN_FD + 1);

	if (rc == 0)
		rc = sandbox_drop_user(uid, gid, NULL, 0);
	if (rc == 0)
		rc = sandbox_keep_caps(SANDBOX_CAP(CAP_NET_ADMIN));
	if (rc == 0)
		rc = sandbox_no_new_privs();
	if (rc == 0 && confined)
		rc = sandbox_enter_warden();
	return rc;
}

/* Signals for the whole group are the engine's to act on: it ends us by
 * closing the socket, after its last request. */
static void leave_signals_to_engine(void)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
	socklen_t size = sizeof(int);
	unsigned int uid, gid;
	bool confined = true;
	int type = 0, rc;

	log_setup(LOG_LEVEL_INFO);
	if (argc != 4 || parse_id(argv[1], &uid) < 0 ||
		parse_id(argv[2], &gid) < 0 ||
		(!(confined = strcmp(argv[3], WARDEN_CONFINED) == 0) &&
			strcmp(argv[3], WARDEN_OPEN) != 0) ||
		getsockopt(WARDEN_FD, SOL_SOCKET, SO_TYPE, &type, &size) < 0 ||
		type != SOCK_SEQPACKET) {
		fputs("mailban-warden is started by mailband\n", stderr);
		return WARDEN_USAGE;
	}
	leave_signals_to_engine();
	rc = give_up_rights(uid, gid, confined);
	if (rc < 0) {
		log_error("warden: cannot give up rights: %s", strerror(-rc));
		return WARDEN_FAULT;
	}
	return warden_run(WARDEN_FD);
}
