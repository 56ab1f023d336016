/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first steps of a program that keeps a capability: the same for each, so
 * that there is one place to look at. It must end rather than go on with more
 * than its own.
 */
#include "daemon/born.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/sandbox.h"
#include "daemon/spawn.h"

/* A decimal number below 2^32 - 1, which means "no id". */
static bool parse_id(const char *text, unsigned int *id)
{
	unsigned long v;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	v = strtoul(text, &end, 10);
	if (*end || errno || v >= 0xffffffffUL)
		return false;
	*id = (unsigned int)v;
	return true;
}

bool born_by_mailband(int argc, char **argv, struct born *born)
{
	socklen_t size = sizeof(int);
	int type = 0;

	if (argc != 4 || !parse_id(argv[1], &born->uid) ||
		!parse_id(argv[2], &born->gid))
		return false;
	born->confined = strcmp(argv[3], SPAWN_CONFINED) == 0;
	if (!born->confined && strcmp(argv[3], SPAWN_OPEN) != 0)
		return false;
	if (getsockopt(SPAWN_FD, SOL_SOCKET, SO_TYPE, &type, &size) < 0 ||
		type != SOCK_SEQPACKET)
		return false;
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	return true;
}

int born_give_up(const struct born *born, uint64_t caps)
{
	int rc = sandbox_close_from(SPAWN_FD + 1);

	if (rc == 0)
		rc = sandbox_drop_user(born->uid, born->gid, NULL, 0);
	if (rc == 0)
		rc = sandbox_keep_caps(caps);
	if (rc == 0)
		rc = sandbox_no_new_privs();
	return rc;
}
