/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a daemon takes from exec to READY=1 (sd_notify(3)).
 *
 *   startup ROUNDS BEFORE PROGRAM [ARGUMENT...]
 *
 * Prints the microseconds of each round. BEFORE is a shell command run before
 * each round, and not counted; "" for none.
 */
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOTIFY "/run/startup-notify"

static void die(const char *what)
{
	fprintf(stderr, "startup: %s: %m\n", what);
	exit(1);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int notify_open(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = NOTIFY};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	unlink(NOTIFY);
	if (fd < 0 || bind(fd, (struct sockaddr *)&un, sizeof(un)) ||
		chmod(NOTIFY, 0777) || setenv("NOTIFY_SOCKET", NOTIFY, 1))
		die(NOTIFY);
	return fd;
}

static void ready_wait(int fd, pid_t pid)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int status, patience = 600;
	char text[4096];
	ssize_t n;

	do {
		while (poll(&p, 1, 100) != 1) {
			if (waitpid(pid, &status, WNOHANG) == pid) {
				fprintf(stderr, "startup: it ended with %d\n",
					status);
				exit(1);
			}
			if (!--patience) {
				fprintf(stderr, "startup: not READY=1\n");
				kill(pid, SIGKILL);
				exit(1);
			}
		}
		n = recv(fd, text, sizeof(text) - 1, 0);
		if (n < 0)
			die("recv");
		text[n] = '\0';
	} while (!strstr(text, "READY=1"));
}

/* start: both have it; when the one became the other. */
static double round_run(int fd, char **argv, double *start)
{
	double took;
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		*start = now();
		execv(argv[0], argv);
		_exit(127);
	}
	ready_wait(fd, pid);
	took = now() - *start;
	kill(pid, SIGTERM);
	if (waitpid(pid, &status, 0) != pid || status)
		fprintf(stderr, "startup: ended with %d\n", status);
	while (recv(fd, &status, sizeof(status), MSG_DONTWAIT) >= 0)
		; /* STOPPING=1 and what else it had to say */
	return took;
}

int main(int argc, char **argv)
{
	double *start = mmap(NULL, sizeof(*start), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd, i;

	if (argc < 4) {
		fprintf(stderr, "usage: startup ROUNDS BEFORE PROGRAM ...\n");
		return 2;
	}
	if (start == MAP_FAILED)
		die("mmap");
	fd = notify_open();
	for (i = 0; i < atoi(argv[1]); i++) {
		if (*argv[2] && system(argv[2]))
			die(argv[2]);
		printf("%.1f\n", round_run(fd, argv + 3, start));
	}
	unlink(NOTIFY);
	return 0;
}
