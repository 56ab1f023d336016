/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine can start nothing any more, so each process that works for it and
 * may die has a parent that can: this. It has no more rights than its worker
 * begins with, and never looks at a byte of what goes to it or comes from it.
 */
#include "daemon/keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/memory.h"

/* What the worker was asked is not asked again: some of it may have ended it.
 * False if nobody is left to be told. */
static bool tell_lost(int fd, const void *lost, size_t n)
{
	char byte;

	while (recv(fd, &byte, 1, MSG_DONTWAIT) > 0)
		;
	return send(fd, lost, n, MSG_NOSIGNAL) == (ssize_t)n;
}

/* Until there is something for a worker. */
static void wait_for_work(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	do {
		p.revents = 0;
		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			_exit(1);
		if (p.revents & (POLLHUP | POLLERR))
			_exit(0);
	} while (!(p.revents & POLLIN));
}

/* The wait status of one worker's life. */
static int let_work(const struct keeper_worker *worker)
{
	pid_t pid = fork(), ended;
	int status = 0;

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, (long)SIGKILL);
		_exit(worker->work(worker->ctx));
	}
	if (pid < 0)
		return SIGKILL; /* as good as killed: the next may be started */
	do
		ended = waitpid(-1, &status, 0);
	while (ended != pid && (ended >= 0 || errno == EINTR));
	return status;
}

_Noreturn void keeper_run(
	int fd, const void *lost, size_t n, const struct keeper_worker *worker)
{
	int status;

	memory_settle();
	for (;;) {
		wait_for_work(fd);
		status = let_work(worker);
		if (WIFEXITED(status) && WEXITSTATUS(status) == KEEPER_AGAIN)
			continue;
		if (WIFEXITED(status))
			_exit(WEXITSTATUS(status));
		if (worker->bury)
			worker->bury(worker->ctx);
		if (!tell_lost(fd, lost, n))
			_exit(0);
	}
}
