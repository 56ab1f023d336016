/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban-check: a plugin for Nagios and its kin, a program of its own because
 * of the TLS library. One line on standard output and an exit status say how
 * it stands. What could not be looked at is 3, not known, and never 0; no look
 * lasts longer than --timeout, whatever hangs.
 */
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/check.h"
#include "cli/check/check.h"
#include "cli/client.h"
#include "lib/clock.h"

static const struct part {
	const char *name;
	void (*run)(const struct check_options *, struct verdict *);
} parts[] = {
	{"disk", check_disk},
	{"queue", check_queue},
	{"probe", check_probe},
	{"bans", check_bans},
};

#define PARTS (sizeof(parts) / sizeof(*parts))

/* What was written must have arrived: else nobody knows. */
static int output_close(int rc)
{
	return ferror(stdout) || fflush(stdout) ? VERDICT_UNKNOWN : rc;
}

static void look(const struct check_options *options, struct verdict *verdict)
{
	for (size_t i = 0; i < PARTS; i++) {
		verdict_at(verdict, parts[i].name);
		if (!options->what || !strcmp(options->what, parts[i].name))
			parts[i].run(options, verdict);
	}
}

/* Waits for so many seconds; what went wrong, or NULL. */
static const char *wait_for(pid_t pid, int seconds)
{
	int64_t until = clock_mono() + seconds * CLOCK_SECOND, left;
	struct pollfd p = {
		.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
	int status;

	while (p.fd >= 0 && !(p.revents & POLLIN)) {
		left = until - clock_mono();
		if (left <= 0 ||
			(poll(&p, 1, (int)(left / CLOCK_MILLISECOND) + 1) < 0 &&
				errno != EINTR))
			break;
	}
	if (waitpid(pid, &status, WNOHANG) == pid)
		return WIFEXITED(status) && WEXITSTATUS(status) == 0
			       ? NULL
			       : "the one that looks has died";
	/* In a file system that hangs it may not even die. */
	kill(pid, SIGKILL);
	return "not done within --timeout";
}

/*
 * A process of its own looks: what hangs in a file system hears no signal that
 * it could tell of. What it had found before is told in any case.
 */
static int check(const struct check_options *options)
{
	struct verdict *verdict = mmap(NULL, sizeof(*verdict),
		PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = verdict == MAP_FAILED ? -1 : fork();
	const char *wrong;

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, (long)SIGKILL);
		look(options, verdict);
		exit(0);
	}
	if (pid < 0) {
		printf("UNKNOWN: %s\n", strerror(errno));
		return VERDICT_UNKNOWN;
	}
	/* The probe has a deadline of its own, and more to say of it. */
	wrong = wait_for(pid, options->timeout + 1);
	if (wrong)
		verdict_find(
			verdict, VERDICT_UNKNOWN, "%s: %s", verdict->at, wrong);
	return verdict_print(verdict);
}

int main(int argc, char **argv)
{
	struct check_options options = {.socket = CLIENT_SOCKET};
	int rc;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc == 2 && !strcmp(argv[1], CHECK_HELP)) {
		check_options_help(stdout);
		return output_close(0);
	}
	rc = check_options_read(&options, argc, argv);
	if (rc)
		return output_close(rc);
	/* As monitoring plugins do: what was meant to check has not. */
	if (options.help)
		check_options_help(stdout);
	else if (options.version)
		puts("mailban " MAILBAN_VERSION);
	if (options.help || options.version)
		return output_close(VERDICT_UNKNOWN);
	return output_close(check(&options));
}
