/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that may look where others may not: it counts names and free
 * blocks in the directories that it was told of at the start, and sends
 * numbers. It must never open a file, nor be told of another directory: for
 * that another begins.
 */
#include "daemon/gauge.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "alarms/report.h"
#include "daemon/keeper.h"
#include "daemon/sandbox.h"
#include "lib/log.h"

/* Bytes of a message, -errno, or 0 at the end of the engine. */
static ssize_t receive(int fd, void *bytes, size_t room)
{
	ssize_t n;

	do
		n = recv(fd, bytes, room, MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n > room ? -EBADMSG : n;
}

/* What it shall watch; afterwards there is nothing else for it. */
static int settle(int fd, bool confined, struct report_watch *watch)
{
	uint8_t bytes[REPORT_WATCH_BYTES];
	ssize_t n = receive(fd, bytes, sizeof(bytes));
	struct sandbox_path paths[REPORT_SPOOLS];
	int r;

	if (n == 0)
		return GAUGE_END;
	if (n < 0 || !report_watch_decode(bytes, (size_t)n, watch))
		return GAUGE_VIOLATION;
	/* For what is known of a file system nothing in it is opened. */
	for (uint8_t i = 0; i < watch->spools_n; i++)
		paths[i] =
			(struct sandbox_path){watch->spools[i], SANDBOX_NAMES};
	r = confined ? sandbox_enter_gauge_watch(paths, watch->spools_n) : 0;
	if (r < 0) {
		log_error("gauge: cannot give up the file system: %s",
			strerror(-r));
		return GAUGE_FAULT;
	}
	return -1;
}

static int look(int fd, const struct report_watch *watch)
{
	static struct report_rounds rounds;
	static struct report report;
	uint8_t bytes[REPORT_BYTES];
	size_t n;

	report_look(watch, &rounds, &report);
	n = report_encode(&report, bytes, sizeof(bytes));
	return send(fd, bytes, n, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int gauge_run(int fd, bool confined)
{
	static struct report_watch watch;
	int status = settle(fd, confined, &watch);
	char asked;
	ssize_t n;

	while (status < 0) {
		n = receive(fd, &asked, 1);
		if (n == 0)
			return GAUGE_END;
		if (n > 0 && asked == GAUGE_AGAIN)
			return KEEPER_AGAIN;
		if (n < 0 || asked != GAUGE_LOOK)
			return GAUGE_VIOLATION;
		if (look(fd, &watch) < 0)
			return GAUGE_END;
	}
	return status;
}
