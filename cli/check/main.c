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
#include <sys/prctl.h>
#include <sys/socket.h>
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
	verdict_end(verdict);
}

/*
 * Hears for so many seconds what the one that looks has found so far; what went
 * wrong, or NULL. It waits for its end, too: what that has to say stands on
 * standard error.
 */
static const char *hear(int from, int seconds, struct verdict *verdict)
{
	int64_t until = clock_mono() + seconds * CLOCK_SECOND, left;
	struct pollfd p = {.fd = from, .events = POLLIN};
	ssize_t n;

	for (;;) {
		n = recv(from, verdict, sizeof(*verdict), MSG_DONTWAIT);
		if (n > 0)
			continue;
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			return verdict->whole ? NULL
					      : "the one that looks has died";
		left = until - clock_mono();
		if (left <= 0)
			return verdict->whole ? NULL
					      : "not done within --timeout";
		poll(&p, 1, (int)(left / CLOCK_MILLISECOND) + 1);
	}
}

/*
 * A process of its own looks: what hangs in a file system hears no signal that
 * it could tell of. What it had found before is told in any case.
 */
static int check(const struct check_options *options)
{
	static struct verdict verdict;
	const char *wrong;
	pid_t pid = -1;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0)
		pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, (long)SIGKILL);
		verdict.hearer = pair[1];
		look(options, &verdict);
		exit(0);
	}
	if (pid < 0) {
		printf("UNKNOWN: %s\n", strerror(errno));
		return VERDICT_UNKNOWN;
	}
	close(pair[1]);
	/* The probe has a deadline of its own, and more to say of it. */
	wrong = hear(pair[0], options->timeout + 1, &verdict);
	/* In a file system that hangs it may not even die. */
	kill(pid, SIGKILL);
	if (wrong)
		verdict_find(
			&verdict, VERDICT_UNKNOWN, "%s: %s", verdict.at, wrong);
	return verdict_print(&verdict);
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
