/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The birth of the warden and of the gauge process: one fork, one exec, one
 * descriptor. Nothing else of the engine's may go with them, neither its files
 * nor its blocked signals.
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

/* In the child: nothing but the socket and stderr goes with it. */
static _Noreturn void become(const char *path, const char *name, int fd,
	uid_t uid, gid_t gid, bool confined)
{
	char uid_text[12], gid_text[12];
	char *argv[] = {(char *)(uintptr_t)name, uid_text, gid_text,
		(char *)(uintptr_t)(confined ? SPAWN_CONFINED : SPAWN_OPEN),
		NULL};
	sigset_t none;

	snprintf(uid_text, sizeof(uid_text), "%u", uid);
	snprintf(gid_text, sizeof(gid_text), "%u", gid);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (fd == SPAWN_FD) {
		if (fcntl(fd, F_SETFD, 0) < 0)
			_exit(127);
	} else if (dup2(fd, SPAWN_FD) < 0) {
		_exit(127);
	}
	if (close_range(SPAWN_FD + 1, ~0u, 0) == 0)
		execv(path, argv);
	_exit(127);
}

int spawn_program(const char *name, uid_t uid, gid_t gid, bool confined,
	int buffer, int *fd, pid_t *pid)
{
	int pair[2], rc;
	char path[4096];

	rc = find_program(name, path, sizeof(path));
	if (rc < 0)
		return rc;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	/* Without the right to force it the usual size does too. */
	for (int i = 0; i < 2; i++)
		if (setsockopt(pair[i], SOL_SOCKET, SO_SNDBUFFORCE, &buffer,
			    sizeof(buffer)) < 0)
			break;
	*pid = fork();
	if (*pid == 0)
		become(path, name, pair[1], uid, gid, confined);
	rc = *pid < 0 ? -errno : 0;
	close(pair[1]);
	if (rc < 0)
		close(pair[0]);
	else
		*fd = pair[0];
	return rc;
}
