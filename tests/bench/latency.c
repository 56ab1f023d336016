/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long from the writing of a log line to its element in the kernel.
 *
 *   latency file LOG ROUNDS      append a line to LOG, wait for its element
 *   latency syslog PATH ROUNDS   the same through a socket, /dev/log is one
 *   latency burst LOG COUNT      COUNT lines at once, until the last commit
 *   latency heal COMMAND ROUNDS  nft COMMAND, until all of ours is back
 *   latency ask SOCKET ROUNDS    mailban status of the control socket
 *
 * file, syslog and ask print the microseconds of each round, burst the seconds
 * of the whole, heal for each round the microseconds to the first commit after
 * that of the command and to the last. The jail under test bans at the first
 * failure. An element is seen by the kernel's own notice of it (nft monitor); a
 * burst by the ruleset's generation, which costs the kernel nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE                                                        \
	"imap-login: Disconnected: Connection closed (auth failed, 1 " \
	"attempts in 2 secs): user=<bob>, method=PLAIN, rip=%s, "      \
	"lip=192.0.2.1, TLS, session=<dGVzdA>"
#define LINE_ROOM 400
#define PATIENCE 10000 /* milliseconds */

static void die(const char *what)
{
	fprintf(stderr, "latency: %s: %m\n", what);
	exit(1);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* 10.0.0.1 and up, each used once. */
static struct in_addr address(int i)
{
	return (struct in_addr){.s_addr = htonl(0x0a000001u + (uint32_t)i)};
}

static int line_write(char line[LINE_ROOM], int i, bool dated)
{
	char ip[INET_ADDRSTRLEN], date[32] = "<22>dovecot: ";
	struct in_addr a = address(i);
	time_t t = time(NULL);
	struct tm tm;
	int n;

	inet_ntop(AF_INET, &a, ip, sizeof(ip));
	if (dated && localtime_r(&t, &tm))
		strftime(
			date, sizeof(date), "%b %e %H:%M:%S mx dovecot: ", &tm);
	n = snprintf(line, LINE_ROOM, "%s" MESSAGE, date, ip);
	if (dated)
		line[n++] = '\n';
	return n;
}

static int netlink_open(uint32_t group)
{
	struct sockaddr_nl nl = {.nl_family = AF_NETLINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	int room = 8 << 20;

	if (fd < 0 || bind(fd, (struct sockaddr *)&nl, sizeof(nl)))
		die("netlink");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (group && setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
			     sizeof(group)))
		die("netlink group");
	return fd;
}

/* Waits for a new element that holds this address's bytes. */
static void element_wait(int fd, struct in_addr a)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	static char buf[1 << 16] __attribute__((aligned(8)));
	struct nlmsghdr *h;
	ssize_t n;
	int left;

	for (;;) {
		if (poll(&p, 1, PATIENCE) != 1) {
			fprintf(stderr, "latency: no element for %s\n",
				inet_ntoa(a));
			exit(1);
		}
		n = recv(fd, buf, sizeof(buf), 0);
		if (n < 0)
			die("recv");
		left = (int)n;
		for (h = (struct nlmsghdr *)buf; NLMSG_OK(h, (unsigned)left);
			h = NLMSG_NEXT(h, left))
			if (h->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 |
						     NFT_MSG_NEWSETELEM) &&
				memmem(NLMSG_DATA(h), NLMSG_PAYLOAD(h, 0), &a,
					sizeof(a)))
				return;
	}
}

static int log_open(const char *how, const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd;

	if (strcmp(how, "syslog") != 0) {
		fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	} else {
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
		if (fd >= 0 && connect(fd, (struct sockaddr *)&un, sizeof(un)))
			die(path);
	}
	if (fd < 0)
		die(path);
	return fd;
}

static void rounds_run(const char *how, const char *path, int rounds)
{
	int log = log_open(how, path), fd = netlink_open(NFNLGRP_NFTABLES);
	char line[LINE_ROOM];
	unsigned seed = 1;
	double start;
	int i, n;

	for (i = 0; i < rounds; i++) {
		/* So that no round keeps step with what looks at intervals. */
		usleep((useconds_t)(2000 + rand_r(&seed) % 18000));
		n = line_write(line, i, strcmp(how, "syslog") != 0);
		start = now();
		if (write(log, line, (size_t)n) != n)
			die("write");
		element_wait(fd, address(i));
		printf("%.1f\n", now() - start);
	}
}

static uint32_t generation(int fd)
{
	struct {
		struct nlmsghdr h;
		struct nfgenmsg g;
	} ask = {
		.h = {.nlmsg_len = sizeof(ask),
			.nlmsg_type =
				NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN,
			.nlmsg_flags = NLM_F_REQUEST},
		.g = {.nfgen_family = AF_UNSPEC},
	};
	static char buf[4096] __attribute__((aligned(8)));
	struct nlattr *a;
	uint32_t id;

	if (send(fd, &ask, sizeof(ask), 0) < 0 ||
		recv(fd, buf, sizeof(buf), 0) < 0)
		die("generation");
	a = (struct nlattr *)(buf + NLMSG_HDRLEN +
			      NLMSG_ALIGN(sizeof(struct nfgenmsg)));
	memcpy(&id, (char *)a + NLA_HDRLEN, sizeof(id));
	return id;
}

/* Until the ruleset is not what it was: when that was seen. */
static double commit_wait(int fd, uint32_t *seen)
{
	uint32_t before = *seen;
	double start = now();

	while (*seen == before && now() - start < 10e6) {
		*seen = generation(fd);
		usleep(50);
	}
	return now();
}

/* When the last commit was seen, of those less than a second apart. */
static double commits_end(int fd, uint32_t seen)
{
	double start = now(), last = start;

	while (now() - last < 1e6 && now() - start < 120e6) {
		uint32_t id = generation(fd);

		if (id != seen) {
			seen = id;
			last = now();
		}
		usleep(200);
	}
	return last;
}

/* The ruleset once nothing has changed it for three seconds: the last round's
 * bans move on after two, until all of them count. */
static uint32_t settle(int fd)
{
	uint32_t id = generation(fd);

	for (int quiet = 0; quiet < 300; quiet++) {
		uint32_t seen = generation(fd);

		if (seen != id)
			quiet = 0;
		id = seen;
		usleep(10000);
	}
	return id;
}

static void heal_run(const char *command, int rounds)
{
	int fd = netlink_open(0);
	unsigned seed = 1;

	for (int i = 0; i < rounds; i++) {
		double start, noticed;
		uint32_t id;

		usleep((useconds_t)(rand_r(&seed) % 10000));
		id = settle(fd);
		if (fork() == 0) {
			execlp("nft", "nft", command, (char *)NULL);
			_exit(127);
		}
		start = commit_wait(fd, &id);
		noticed = commit_wait(fd, &id);
		printf("%.1f %.1f\n", noticed - start,
			commits_end(fd, id) - start);
		wait(NULL);
		/* Healing keeps to its share of the time. */
		sleep(5);
	}
}

/* One who asks, from his coming to the end of the answer. */
static void answer_wait(const struct sockaddr_un *un)
{
	static const char ask[] = "{\"command\": \"status\"}\n";
	static char answer[1 << 16];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ssize_t n, all = 0;

	if (fd < 0 || connect(fd, (const struct sockaddr *)un, sizeof(*un)) ||
		send(fd, ask, sizeof(ask) - 1, 0) < 0)
		die(un->sun_path);
	while ((n = recv(fd, answer, sizeof(answer), 0)) > 0)
		all += n;
	if (n < 0 || all == 0)
		die("no answer");
	close(fd);
}

static void ask_run(const char *path, int rounds)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	unsigned seed = 1;

	if (snprintf(un.sun_path, sizeof(un.sun_path), "%s", path) >=
		(int)sizeof(un.sun_path))
		die(path);
	for (int i = 0; i < rounds; i++) {
		double start;

		usleep((useconds_t)(10000 + rand_r(&seed) % 20000));
		start = now();
		answer_wait(&un);
		printf("%.1f\n", now() - start);
	}
}

static void burst_run(const char *path, int count)
{
	int log = log_open("file", path), fd = netlink_open(0), i, n;
	char *all = malloc((size_t)count * LINE_ROOM), *end = all;
	uint32_t before;
	double start, last;
	ssize_t done;

	if (!all)
		die("malloc");
	for (i = 0; i < count; i++) {
		n = line_write(end, i, true);
		end += n;
	}
	before = generation(fd);
	start = now();
	for (char *at = all; at < end; at += done) {
		done = write(log, at, (size_t)(end - at));
		if (done <= 0)
			die("write");
	}
	commit_wait(fd, &before);
	last = commits_end(fd, before);
	printf("%.6f\n", (last - start) / 1e6);
	free(all);
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr,
			"usage: latency file|syslog|burst|heal|ask WHAT N\n");
		return 2;
	}
	if (!strcmp(argv[1], "burst"))
		burst_run(argv[2], atoi(argv[3]));
	else if (!strcmp(argv[1], "heal"))
		heal_run(argv[2], atoi(argv[3]));
	else if (!strcmp(argv[1], "ask"))
		ask_run(argv[2], atoi(argv[3]));
	else
		rounds_run(argv[1], argv[2], atoi(argv[3]));
	return 0;
}
