/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The birth of each process that works for the engine: one fork, one
 * descriptor, for the warden and the gauge process one exec. Nothing else of
 * the engine's may go with them, neither its files nor its blocked signals.
 */
#include "daemon/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROGRAM_DIR "/usr/lib/mailban"

/* The directory of the running program, then the packages' one. */
static int find_program(const char *name, char *path, size_t room)
{
	ssize_t n = readlink("/proc/self/exe", path, room);
	char *slash;

	if (n > 0 && (size_t)n < room) {
		path[n] = '\0';
		slash = strrchr(path, '/');
		if (slash && (size_t)(slash + 1 - path) + strlen(name) < room) {
			strcpy(slash + 1, name);
			if (access(path, X_OK) == 0)
				return 0;
		}
	}
	snprintf(path, room, "%s/%s", PROGRAM_DIR, name);
	return access(path, X_OK) < 0 ? -errno : 0;
}

/* In the child. The engine's end is ours, so signals for the whole group are
 * not. */
static _Noreturn void become(int fd, spawn_fn *be, void *ctx)
{
	sigset_t none;

	if (dup2(fd, SPAWN_FD) < 0 || close_range(SPAWN_FD + 1, ~0u, 0) < 0 ||
		fcntl(SPAWN_FD, F_SETFD, FD_CLOEXEC) < 0)
		_exit(127);
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	be(ctx);
	_exit(127);
}

int spawn_child(spawn_fn *be, void *ctx, int buffer, int *fd, pid_t *pid)
{
	int pair[2], rc;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	/* Without the right to force it the usual size does too. */
	for (int i = 0; i < 2 && buffer > 0; i++)
		if (setsockopt(pair[i], SOL_SOCKET, SO_SNDBUFFORCE, &buffer,
			    sizeof(buffer)) < 0)
			break;
	*pid = fork();
	if (*pid == 0)
		become(pair[1], be, ctx);
	rc = *pid < 0 ? -errno : 0;
	close(pair[1]);
	if (rc < 0)
		close(pair[0]);
	else
		*fd = pair[0];
	return rc;
}

struct program {
	const char *path, *name;
	uid_t uid;
	gid_t gid;
	bool confined;
};

static void execute(void *ctx)
{
	const struct program *p = ctx;
	char uid[12], gid[12];
	char *argv[] = {(char *)(uintptr_t)p->name, uid, gid,
		(char *)(uintptr_t)(p->confined ? SPAWN_CONFINED : SPAWN_OPEN),
		NULL};

	snprintf(uid, sizeof(uid), "%u", p->uid);
	snprintf(gid, sizeof(gid), "%u", p->gid);
	if (fcntl(SPAWN_FD, F_SETFD, 0) == 0)
		execv(p->path, argv);
}

int spawn_program(const char *name, uid_t uid, gid_t gid, bool confined,
	int buffer, int *fd, pid_t *pid)
{
	char path[4096];
	struct program p = {path, name, uid, gid, confined};
	int rc = find_program(name, path, sizeof(path));

	return rc < 0 ? rc : spawn_child(execute, &p, buffer, fd, pid);
}
