/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who gets a place, and whose time is over, by a clock that a page moves. */
#include "cli/serve.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"

#define PORT 9811
#define ASKS "GET /metrics HTTP/1.0\r\n\r\n"
#define PATIENCE 20 /* seconds */

/* A server in a process of its own, that tells of each page it begins and
 * waits for a byte before it is made, if it is slow. */
struct server {
	pid_t pid;
	int begun[2], go_on[2];
	bool slow;
};
static struct server server;

static char *page(void *ctx, size_t *n)
{
	char *text = strdup("# EOF\n");
	char byte = 'b';

	(void)ctx;
	*n = strlen(text);
	if (!server.slow)
		return text;
	if (write(server.begun[1], &byte, 1) != 1 ||
		read(server.go_on[0], &byte, 1) != 1)
		_exit(1);
	clock_hold(
		clock_wall(), clock_mono() + (SERVE_TIME + 1) * CLOCK_SECOND);
	return text;
}

static void serve(int fd)
{
	char pid[16];

	/* It must not outlive a test that fails. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || dup2(fd, 3) != 3)
		_exit(1);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	clock_hold(INT64_C(1763719200) * CLOCK_SECOND, CLOCK_SECOND);
	_exit(serve_run(page, NULL) ? 1 : 0);
}

static void start(bool slow)
{
	struct sockaddr_in6 here = {
		.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	int fd;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(system("ip link set lo up && "
				"ip addr add 192.0.2.1/24 dev lo && "
				"ip addr add 192.0.2.2/24 dev lo && "
				"ip route add local 2001:db8::/48 dev lo && "
				"ip addr add 2001:db8::1/64 dev lo nodad && "
				"ip addr add 2001:db8::2/64 dev lo nodad && "
				"ip addr add 2001:db8:0:1::1/64 dev lo nodad"),
		0);
	assert_int_equal(bind(fd, (void *)&here, sizeof(here)), 0);
	assert_int_equal(listen(fd, 64), 0);
	server = (struct server){.slow = slow};
	assert_int_equal(pipe(server.begun), 0);
	assert_int_equal(pipe(server.go_on), 0);
	server.pid = fork();
	assert_true(server.pid >= 0);
	if (server.pid == 0)
		serve(fd);
	close(fd);
}

static void stop(void)
{
	kill(server.pid, SIGKILL);
	waitpid(server.pid, NULL, 0);
	for (int i = 0; i < 2; i++) {
		close(server.begun[i]);
		close(server.go_on[i]);
	}
}

/* From one of this host's addresses, IPv4's as "::ffff:192.0.2.1". */
static int client(const char *from, const char *says)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6};
	struct timeval patience = {.tv_sec = PATIENCE};
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	assert_int_equal(inet_pton(AF_INET6, from, &a.sin6_addr), 1);
	assert_int_equal(bind(fd, (void *)&a, sizeof(a)), 0);
	if (strchr(from, '.'))
		inet_pton(AF_INET6, "::ffff:192.0.2.1", &a.sin6_addr);
	else
		inet_pton(AF_INET6, "2001:db8::1", &a.sin6_addr);
	a.sin6_port = htons(PORT);
	assert_int_equal(connect(fd, (void *)&a, sizeof(a)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	assert_int_equal(
		send(fd, says, strlen(says), MSG_NOSIGNAL), strlen(says));
	return fd;
}

/* What it asks for, or the rest of it, is answered. */
static bool is_answered(int fd, const char *says)
{
	char answer[1024];
	ssize_t n;

	if (send(fd, says, strlen(says), MSG_NOSIGNAL) < 0)
		return false;
	n = recv(fd, answer, sizeof(answer), 0);
	close(fd);
	return n > 12 && memcmp(answer, "HTTP/1.0 200", 12) == 0;
}

/* As many of one address as can be: are the two, of other addresses, who have
 * said nothing yet, answered? */
static void crowd(
	const char *of, const char *first, const char *second, bool first_stays)
{
	int fds[4 * SERVE_CLIENTS], a, b;

	start(false);
	a = client(first, "");
	b = client(second, "");
	for (size_t i = 0; i < 4 * SERVE_CLIENTS; i++)
		fds[i] = client(of, "GET ");
	/* They have been looked at once one that came behind them was. */
	assert_true(is_answered(client(of, ASKS), ""));
	assert_int_equal(is_answered(a, ASKS), first_stays);
	assert_true(is_answered(b, ASKS));
	for (size_t i = 0; i < 4 * SERVE_CLIENTS; i++)
		close(fds[i]);
	stop();
}

static void one_address_takes_no_place_of_another(void **state)
{
	(void)state;
	crowd("::ffff:192.0.2.1", "::ffff:192.0.2.2", "::ffff:127.0.0.1", true);
}

/* A host of IPv6 may have any address of its network. */
static void nor_does_a_network(void **state)
{
	(void)state;
	crowd("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", false);
}

/* The page that another waits for takes longer than a client has. */
static void who_asked_meanwhile_is_answered(void **state)
{
	struct pollfd begun;
	int slow, other;
	char byte;

	(void)state;
	start(true);
	slow = client("::ffff:192.0.2.1", "GET ");
	other = client("::ffff:192.0.2.2", "GET ");
	/* Both have a place once one that came behind them was turned away. */
	assert_false(is_answered(client("::ffff:192.0.2.1", "x\r\n\r\n"), ""));
	assert_int_equal(
		send(slow, ASKS + 4, strlen(ASKS) - 4, 0), strlen(ASKS) - 4);
	begun = (struct pollfd){.fd = server.begun[0], .events = POLLIN};
	assert_int_equal(poll(&begun, 1, PATIENCE * 1000), 1);
	assert_int_equal(read(server.begun[0], &byte, 1), 1);
	assert_int_equal(
		send(other, ASKS + 4, strlen(ASKS) - 4, 0), strlen(ASKS) - 4);
	assert_int_equal(write(server.go_on[1], "gg", 2), 2);
	assert_true(is_answered(slow, ""));
	assert_true(is_answered(other, ""));
	stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_address_takes_no_place_of_another),
		cmocka_unit_test(nor_does_a_network),
		cmocka_unit_test(who_asked_meanwhile_is_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
