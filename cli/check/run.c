/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading what another program has to say, line by line. Never a shell; and
 * it never outlives the process that looks, which the time limit ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/check/check.h"

/* What an account without a login has not in its PATH. */
#define PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static _Noreturn void become(char **argv, int to)
{
	prctl(PR_SET_PDEATHSIG, (long)SIGKILL);
	dup2(to, STDOUT_FILENO);
	/* What it complains of is told by what it ends with. */
	to = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (to >= 0)
		dup2(to, STDERR_FILENO);
	setenv("PATH", PATH, 1);
	execvp(argv[0], argv);
	_exit(127);
}

static void read_lines(int fd, size_t most,
	void (*line)(void *ctx, const char *line, size_t n), void *ctx)
{
	char *text = malloc(most + 1), bytes[16384];
	size_t n = 0;
	ssize_t got;

	if (!text)
		abort();
	while ((got = read(fd, bytes, sizeof(bytes))) != 0) {
		if (got < 0 && errno != EINTR)
			break;
		for (ssize_t i = 0; i < got; i++) {
			if (bytes[i] != '\n') {
				if (n < most)
					text[n++] = bytes[i];
				continue;
			}
			text[n] = '\0';
			line(ctx, text, n);
			n = 0;
		}
	}
	/* Half a line is not passed over. */
	if (n) {
		text[n] = '\0';
		line(ctx, text, n);
	}
	free(text);
}

int check_run(char **argv, size_t most,
	void (*line)(void *ctx, const char *line, size_t n), void *ctx)
{
	int pair[2], status;
	pid_t pid, got;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (!pid)
		become(argv, pair[1]);
	close(pair[1]);
	if (pid > 0)
		read_lines(pair[0], most, line, ctx);
	close(pair[0]);
	if (pid < 0)
		return -1;
	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	return got == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
