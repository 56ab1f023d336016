/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban-warden: started by mailband (spawn.h), never by hand. Keeps
 * CAP_NET_ADMIN, gives up everything else, and serves.
 */
#include <linux/capability.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "daemon/born.h"
#include "daemon/sandbox.h"
#include "daemon/spawn.h"
#include "daemon/warden.h"
#include "lib/log.h"

/* A buffer of this size and more has pages of its own, bytes. */
#define OWN_PAGES (128 << 10)

int main(int argc, char **argv)
{
	struct born born;
	int rc;

	log_setup(LOG_LEVEL_INFO);
	if (!born_by_mailband(argc, argv, &born)) {
		fputs("mailban-warden is started by mailband\n", stderr);
		return WARDEN_USAGE;
	}
	rc = born_give_up(&born, SANDBOX_CAP(CAP_NET_ADMIN));
	if (rc == 0 && born.confined)
		rc = sandbox_enter_warden();
	if (rc < 0) {
		log_error("warden: cannot give up rights: %s", strerror(-rc));
		return WARDEN_FAULT;
	}
	/* As in mailband: what a burst took goes back when it is over. */
	mallopt(M_MMAP_THRESHOLD, OWN_PAGES);
	return warden_run(SPAWN_FD);
}
