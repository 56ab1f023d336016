/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban-gauge: started by mailband (spawn.h), never by hand. Keeps
 * CAP_DAC_READ_SEARCH, gives up everything else, and looks when it is asked: a
 * child of it does, that is started again when it dies.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "daemon/born.h"
#include "daemon/gauge.h"
#include "daemon/keeper.h"
#include "daemon/sandbox.h"
#include "daemon/spawn.h"
#include "lib/log.h"

static int be_gauge(void *ctx)
{
	const struct born *born = ctx;

	prctl(PR_SET_NAME, GAUGE_PROGRAM);
	return gauge_run(SPAWN_FD, born->confined);
}

int main(int argc, char **argv)
{
	static const char lost = GAUGE_LOST;
	struct born born;
	const struct keeper_worker worker = {.work = be_gauge, .ctx = &born};
	int rc;

	log_setup(LOG_LEVEL_INFO);
	if (!born_by_mailband(argc, argv, &born)) {
		fputs("mailban-gauge is started by mailband\n", stderr);
		return GAUGE_USAGE;
	}
	rc = born_give_up(&born, SANDBOX_CAP(CAP_DAC_READ_SEARCH));
	/* A dry run, or a unit of somebody's own: with less it sees less. */
	if (rc == -EPERM) {
		log_warning("gauge: without CAP_DAC_READ_SEARCH: what only "
			    "root can see is not watched");
		rc = born_give_up(&born, 0);
	}
	if (rc == 0 && born.confined)
		rc = sandbox_enter_gauge();
	if (rc < 0) {
		log_error("gauge: cannot give up rights: %s", strerror(-rc));
		return GAUGE_FAULT;
	}
	prctl(PR_SET_NAME, "gauge-keeper");
	keeper_run(SPAWN_FD, &lost, sizeof(lost), &worker);
}
