/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A systemd-journald in mounts of its own, and messages to it. */
#include "tests/sources/journald.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/mounts.h"

#define JOURNALD "/lib/systemd/systemd-journald"
#define NATIVE "/run/systemd/journal/socket"
#define SYSLOG "/run/systemd/journal/dev-log"
#define STREAM "/run/systemd/journal/stdout"
/* What journalctl speaks to; journald makes it last. */
#define CONTROL "/run/systemd/journal/io.systemd.journal"

static pid_t journald;

static void need(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

/* journald does not start without one, and a bare tree has none. */
static void mount_cgroups(void)
{
	if (access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0 ||
		access("/sys/fs/cgroup/systemd", F_OK) == 0)
		return;
	need(mount("test", "/sys/fs/cgroup", "cgroup2", MS_RDONLY, NULL) == 0,
		"mount: cgroup2");
}

void journald_leave_host(void)
{
	mounts_leave_host();
	mount_cgroups();
	journald_clear();
}

static void mount_empty(const char *where)
{
	umount2(where, MNT_DETACH);
	need(mount("test", where, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") ==
			0,
		where);
}

void journald_clear(void)
{
	mount_empty("/run");
	mount_empty("/var/log");
	need(mkdir("/run/systemd", 0755) == 0, "/run/systemd");
	need(mkdir("/run/systemd/journald.conf.d", 0755) == 0, "conf.d");
}

static void configure(const char *storage)
{
	FILE *f = fopen("/run/systemd/journald.conf.d/zz-test.conf", "we");

	need(f != NULL, "journald.conf.d");
	/* Audit= left empty: the kernel's setting is the host's. */
	fprintf(f,
		"[Journal]\nStorage=%s\nRateLimitIntervalSec=0\nReadKMsg=no\n"
		"Audit=\nForwardToSyslog=no\nForwardToWall=no\n"
		"ForwardToConsole=no\nSplitMode=none\nLineMax=1M\n",
		storage);
	fclose(f);
}

static int socket_to(const char *path, int type)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	strcpy(to.sun_path, path);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

void journald_start(const char *storage)
{
	const struct timespec moment = {.tv_nsec = 5000000};
	int fd;

	configure(storage);
	unlink(CONTROL);
	journald = fork();
	need(journald >= 0, "fork");
	if (journald == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(STDERR_FILENO);
		need(open("/dev/null", O_WRONLY) >= 0, "/dev/null");
		execl(JOURNALD, JOURNALD, (char *)NULL);
		_exit(127);
	}
	for (int tries = 0; (fd = socket_to(CONTROL, SOCK_STREAM)) < 0;
		tries++) {
		need(tries < 12000 && waitpid(journald, NULL, WNOHANG) == 0,
			"systemd-journald does not start");
		nanosleep(&moment, NULL);
	}
	close(fd);
}

void journald_stop(void)
{
	if (journald <= 0)
		return;
	kill(journald, SIGTERM);
	waitpid(journald, NULL, 0);
	journald = 0;
}

static void send_datagram(const char *path, const void *bytes, size_t n)
{
	int fd = socket_to(path, SOCK_DGRAM);

	need(fd >= 0, path);
	need(send(fd, bytes, n, 0) == (ssize_t)n, path);
	close(fd);
}

void journald_send(const char *field, ...)
{
	char text[4096];
	size_t n = 0;
	va_list args;

	va_start(args, field);
	for (; field; field = va_arg(args, const char *))
		n += (size_t)snprintf(
			text + n, sizeof(text) - n, "%s\n", field);
	va_end(args);
	send_datagram(NATIVE, text, n);
}

void journald_send_bytes(const char *message, size_t n)
{
	static const char head[] = "SYSLOG_IDENTIFIER=test\nMESSAGE\n";
	uint64_t size = htole64(n);
	size_t at = sizeof(head) - 1;
	char *text = malloc(at + sizeof(size) + n + 1);

	need(text != NULL, "malloc");
	memcpy(text, head, at);
	memcpy(text + at, &size, sizeof(size));
	memcpy(text + at + sizeof(size), message, n);
	text[at + sizeof(size) + n] = '\n';
	send_datagram(NATIVE, text, at + sizeof(size) + n + 1);
	free(text);
}

void journald_syslog(const char *line)
{
	send_datagram(SYSLOG, line, strlen(line));
}

void journald_stream(const char *bytes, size_t n)
{
	/* Identifier, unit, priority, prefixes, and forwarding to three. */
	static const char head[] = "test\n\n6\n0\n0\n0\n0\n";
	int fd = socket_to(STREAM, SOCK_STREAM);

	need(fd >= 0, STREAM);
	need(write(fd, head, sizeof(head) - 1) == sizeof(head) - 1, STREAM);
	need(write(fd, bytes, n) == (ssize_t)n, STREAM);
	close(fd);
}

void journald_ctl(const char *argument, ...)
{
	char *argv[16] = {(char *)"journalctl", (char *)"--quiet"};
	size_t n = 2;
	int status;
	va_list args;
	pid_t pid;

	va_start(args, argument);
	for (; argument; argument = va_arg(args, const char *))
		argv[n++] = (char *)argument;
	va_end(args);
	argv[n] = NULL;
	pid = fork();
	need(pid >= 0, "fork");
	if (pid == 0) {
		/* What was vacuumed is told on stderr. */
		need(freopen("/dev/null", "w", stderr) != NULL, "/dev/null");
		execvp(argv[0], argv);
		_exit(127);
	}
	need(waitpid(pid, &status, 0) == pid, "waitpid");
	errno = 0;
	need(WIFEXITED(status) && WEXITSTATUS(status) == 0, "journalctl");
}

void journald_sync(void)
{
	journald_ctl("--sync", NULL);
}

size_t journald_remove_archived(size_t n)
{
	size_t count = 0;
	glob_t found;

	/* system@ID-SEQNUM-TIME.journal: the names are in order of age. */
	if (glob("/var/log/journal/*/system@*.journal", 0, NULL, &found) == 0) {
		count = found.gl_pathc;
		if (n < count)
			need(unlink(found.gl_pathv[n]) == 0, "unlink");
		globfree(&found);
	}
	return count;
}
