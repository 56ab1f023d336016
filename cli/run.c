/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running another program, as for fail2ban-client's -t and start. Never a
 * shell, and never with a word that came from elsewhere than the command line.
 */
#include "cli/run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/text.h"
#include "lib/clock.h"

/* Returns only if none of them can be run. */
static void exec_beside(char **argv)
{
	static const char *const where[] = {"", "../sbin/"};
	char self[PATH_MAX], path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;
	size_t i;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	for (i = 0; slash && i < sizeof(where) / sizeof(*where); i++)
		if (snprintf(path, sizeof(path), "%.*s/%s%s",
			    (int)(slash - self), self, where[i],
			    argv[0]) < (int)sizeof(path))
			execv(path, argv);
}

static int run(char **argv, bool beside)
{
	pid_t pid, got;
	int status;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		if (beside)
			exec_beside(argv);
		execvp(argv[0], argv);
		text_complain("cannot run %s: %m", argv[0]);
		_exit(127);
	}
	if (pid < 0) {
		text_complain("cannot run %s: %m", argv[0]);
		return -1;
	}
	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	return got == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int run_program(char **argv)
{
	return run(argv, false);
}

int run_daemon(char **argv)
{
	return run(argv, true);
}

/* All of it up to its end, and a NUL; NULL if that is more than most bytes. */
static char *drain(int fd, size_t most)
{
	size_t n = 0, room = 0;
	char *text = NULL;
	ssize_t got;

	do {
		if (n == room) {
			room = room ? 2 * room : 65536;
			text = realloc(text, room + 1);
			if (!text)
				abort();
		}
		got = read(fd, text + n, room - n);
		if (got > 0)
			n += (size_t)got;
	} while (n <= most && (got > 0 || (got < 0 && errno == EINTR)));
	text[n] = '\0';
	if (got == 0 && n <= most)
		return text;
	free(text);
	return NULL;
}

char *run_daemon_output(char **argv, size_t most)
{
	int ends[2], status = -1;
	char *text;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		text_complain("cannot run %s: %m", argv[0]);
		return NULL;
	}
	if (!pid) {
		dup2(ends[1], STDOUT_FILENO);
		exec_beside(argv);
		execvp(argv[0], argv);
		text_complain("cannot run %s: %m", argv[0]);
		_exit(127);
	}
	close(ends[1]);
	text = drain(ends[0], most);
	close(ends[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (text && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return text;
	free(text);
	return NULL;
}

/* With the pipe's one end as its input; only the parent returns. */
static pid_t start_with_input(char **argv, const int pipe[2])
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	/* Here and there, so that it is so whoever comes first. */
	if (pid >= 0)
		setpgid(pid, 0);
	if (pid)
		return pid;
	signal(SIGPIPE, SIG_DFL);
	dup2(pipe[0], STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execv(argv[0], argv);
	text_complain("cannot run %s: %m", argv[0]);
	_exit(127);
}

/* Milliseconds that are left, for poll(2). */
static int left_until(int64_t end)
{
	int64_t left = (end - clock_mono()) / CLOCK_MILLISECOND;

	return left > 0 ? (int)left : 0;
}

/* Who reads no more has said all that it will by its exit status. */
static void feed(int fd, const char *bytes, size_t n, int64_t end)
{
	struct pollfd to = {.fd = fd, .events = POLLOUT};

	while (n && poll(&to, 1, left_until(end)) > 0) {
		ssize_t done = write(fd, bytes, n);

		if (done < 0 && errno != EINTR && errno != EAGAIN)
			return;
		if (done > 0) {
			bytes += done;
			n -= (size_t)done;
		}
	}
}

/* False if it runs on at the end. */
static bool wait_until(pid_t pid, int64_t end)
{
	struct pollfd process = {.fd = pidfd_open(pid, 0), .events = POLLIN};
	int r;

	if (process.fd < 0)
		return false;
	do
		r = poll(&process, 1, left_until(end));
	while (r < 0 && errno == EINTR);
	close(process.fd);
	return r > 0;
}

int run_with_input(char **argv, const char *bytes, size_t n, int seconds)
{
	int64_t end = clock_mono() + seconds * CLOCK_SECOND;
	int ends[2], status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC)) {
		text_complain("cannot run %s: %m", argv[0]);
		return -1;
	}
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	signal(SIGPIPE, SIG_IGN);
	pid = start_with_input(argv, ends);
	close(ends[0]);
	if (pid > 0)
		feed(ends[1], bytes, n, end);
	close(ends[1]);
	if (pid < 0) {
		text_complain("cannot run %s: %m", argv[0]);
		return -1;
	}
	if (!wait_until(pid, end)) {
		text_complain("%s was not done after %d s and is ended",
			argv[0], seconds);
		/* sendmail(1) has others work for it. */
		kill(-pid, SIGKILL);
		waitpid(pid, &status, 0);
		return -1;
	}
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status))
		return WEXITSTATUS(status);
	text_complain("%s was ended by a signal", argv[0]);
	return -1;
}
