/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running another program, as for fail2ban-client's -t and start. Never a
 * shell, and never with a word that came from elsewhere than the command line.
 */
#include "cli/run.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/text.h"

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
