/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The syslog socket and the service manager. Who holds its descriptor keeps
 * what is sent to it, so while mailband restarts systemd does: the socket of
 * mailban-syslog.socket, or one of mailband's own in its store. Without a
 * service manager all of this does nothing.
 */
#include "daemon/passed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "lib/log.h"
#include "sources/syslog.h"

struct passed passed_take(void)
{
	struct passed passed = {.syslog = -1};
	bool left = false; /* one of our own that is not taken */
	char **names = NULL;
	int n = sd_listen_fds_with_names(1, &names);

	for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + n; fd++) {
		char *name = names[fd - SD_LISTEN_FDS_START];
		bool own = strcmp(name, PASSED_NAME) == 0;

		free(name);
		if (!syslog_is_one(fd)) {
			log_warning("descriptor %d, which was passed at the "
				    "start, is no syslog socket",
				fd);
			left |= own;
		} else if (passed.syslog < 0 || passed.own) {
			left |= passed.own;
			passed = (struct passed){fd, own};
		} else {
			left |= own;
		}
	}
	free(names);
	/* What stays with the service manager fills up, and takes the room. */
	if (left)
		passed_forget();
	if (left && passed.own)
		passed_keep(passed.syslog);
	if (passed.syslog > SD_LISTEN_FDS_START &&
		dup3(passed.syslog, SD_LISTEN_FDS_START, O_CLOEXEC) >= 0)
		passed.syslog = SD_LISTEN_FDS_START;
	return passed;
}

void passed_keep(int fd)
{
	sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=" PASSED_NAME, &fd, 1);
}

void passed_forget(void)
{
	sd_notify(0, "FDSTOREREMOVE=1\nFDNAME=" PASSED_NAME);
}
