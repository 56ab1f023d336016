/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rawloop N [batched|single|heal]: what the kernel can take at all. Adds N IPv4
 * elements with a timeout to a set like ours, with nothing but libmnl between
 * this loop and the kernel: 2,000 a message and 16,000 a transaction, or one
 * transaction each. In a network namespace of its own; prints elements a
 * second, one line for each of five rounds.
 *
 * With heal the set holds them all when somebody flushes the ruleset. As soon
 * as that is seen it is made anew, without counters as the set of ours for
 * this, and filled, 16,000 a transaction. Prints microseconds from the flush
 * to the first and to the last transaction's end.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#define ROUNDS 5
#define MESSAGE 2000
#define TRANSACTION 16000
#define ROOM (2 << 20)

static uint8_t buf[ROOM];
static struct mnl_socket *nl;

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static void run_nft(const char *command)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execlp("nft", "nft", command, (char *)NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		die("nft");
}

static struct nlmsghdr *header(
	size_t at, uint16_t type, uint16_t flags, uint8_t family, uint16_t id)
{
	struct nlmsghdr *m = mnl_nlmsg_put_header(buf + at);
	struct nfgenmsg *g;

	m->nlmsg_type = type;
	m->nlmsg_flags = NLM_F_REQUEST | flags;
	g = mnl_nlmsg_put_extra_header(m, sizeof(*g));
	g->nfgen_family = family;
	g->version = NFNETLINK_V0;
	g->res_id = htons(id);
	return m;
}

static void put_element(struct nlmsghdr *m, uint32_t address)
{
	struct nlattr *e = mnl_attr_nest_start(m, NFTA_LIST_ELEM), *k;
	uint32_t key = htonl(address);

	mnl_attr_put_u64(m, NFTA_SET_ELEM_TIMEOUT, htobe64(3600000));
	k = mnl_attr_nest_start(m, NFTA_SET_ELEM_KEY);
	mnl_attr_put(m, NFTA_DATA_VALUE, sizeof(key), &key);
	mnl_attr_nest_end(m, k);
	mnl_attr_nest_end(m, e);
}

/*
 * nft add table inet raw
 * nft add set inet raw s '{ type ipv4_addr; size 16777216; flags timeout; }'
 */
static size_t put_set(size_t at)
{
	struct nlmsghdr *m =
		header(at, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE,
			NLM_F_CREATE, NFPROTO_INET, 0);
	struct nlattr *desc;

	mnl_attr_put_strz(m, NFTA_TABLE_NAME, "raw");
	at += MNL_ALIGN(m->nlmsg_len);
	m = header(at, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSET, NLM_F_CREATE,
		NFPROTO_INET, 0);
	mnl_attr_put_strz(m, NFTA_SET_TABLE, "raw");
	mnl_attr_put_strz(m, NFTA_SET_NAME, "s");
	mnl_attr_put_u32(m, NFTA_SET_FLAGS, htonl(NFT_SET_TIMEOUT));
	mnl_attr_put_u32(m, NFTA_SET_KEY_TYPE, htonl(7));
	mnl_attr_put_u32(m, NFTA_SET_KEY_LEN, htonl(4));
	mnl_attr_put_u32(m, NFTA_SET_ID, htonl(1));
	desc = mnl_attr_nest_start(m, NFTA_SET_DESC);
	mnl_attr_put_u32(m, NFTA_SET_DESC_SIZE, htonl(1 << 24));
	mnl_attr_nest_end(m, desc);
	return at + MNL_ALIGN(m->nlmsg_len);
}

/* n elements from address on, as one transaction; into a new set, or one that
 * is there. */
static void add(uint32_t address, uint32_t n, bool anew)
{
	struct nlmsghdr *m = header(
		0, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	size_t at = m->nlmsg_len;
	const struct nlmsgerr *error;
	uint8_t answer[8192];
	ssize_t got;

	if (anew)
		at = put_set(at);
	while (n > 0) {
		uint32_t some = n < MESSAGE ? n : MESSAGE;
		struct nlattr *list;

		n -= some;
		m = header(at, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM,
			NLM_F_CREATE | (n == 0 ? NLM_F_ACK : 0), NFPROTO_INET,
			0);
		mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_TABLE, "raw");
		mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_SET, "s");
		list = mnl_attr_nest_start(m, NFTA_SET_ELEM_LIST_ELEMENTS);
		while (some-- > 0)
			put_element(m, address++);
		mnl_attr_nest_end(m, list);
		at += MNL_ALIGN(m->nlmsg_len);
	}
	m = header(at, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	if (mnl_socket_sendto(nl, buf, at + m->nlmsg_len) < 0)
		die("send");
	got = mnl_socket_recvfrom(nl, answer, sizeof(answer));
	m = (struct nlmsghdr *)answer;
	if (got < 0 || m->nlmsg_type != NLMSG_ERROR)
		die("receive");
	error = mnl_nlmsg_get_payload(m);
	if (error->error) {
		errno = -error->error;
		die("kernel");
	}
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void add_all(uint32_t n, uint32_t each)
{
	for (uint32_t i = 0; i < n; i += each)
		add(0x0a000000 + i, n - i < each ? n - i : each, false);
}

static uint32_t generation(void)
{
	struct nlmsghdr *m = header(
		0, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, 0, AF_UNSPEC, 0);
	const struct nlattr *attr;
	uint8_t answer[8192];

	if (mnl_socket_sendto(nl, m, m->nlmsg_len) < 0 ||
		mnl_socket_recvfrom(nl, answer, sizeof(answer)) < 0)
		die("generation");
	m = (struct nlmsghdr *)answer;
	mnl_attr_for_each (attr, m, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(attr) == NFTA_GEN_ID)
			return mnl_attr_get_u32(attr);
	die("no generation");
}

static void heal(uint32_t n)
{
	uint32_t some = n < TRANSACTION ? n : TRANSACTION, before;
	double start, first;
	pid_t pid;

	add_all(n, TRANSACTION);
	before = generation();
	pid = fork();
	if (pid == 0) {
		execlp("nft", "nft", "flush ruleset", (char *)NULL);
		_exit(127);
	}
	while (generation() == before)
		usleep(50);
	start = seconds();
	add(0x0a000000, some, true);
	first = seconds();
	for (uint32_t i = some; i < n; i += TRANSACTION)
		add(0x0a000000 + i, n - i < TRANSACTION ? n - i : TRANSACTION,
			false);
	printf("%.1f %.1f\n", (first - start) * 1e6, (seconds() - start) * 1e6);
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
	bool single = argc > 2 && strcmp(argv[2], "single") == 0;
	bool heals = argc > 2 && strcmp(argv[2], "heal") == 0;
	uint32_t each = single ? 1 : TRANSACTION;
	int size = 8 << 20;

	if (n == 0 || n > 1u << 24) {
		fputs("usage: rawloop N [batched|single|heal]\n", stderr);
		return 2;
	}
	if (unshare(CLONE_NEWNET) < 0)
		die("unshare");
	nl = mnl_socket_open(NETLINK_NETFILTER);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
		setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_SNDBUFFORCE,
			&size, sizeof(size)) < 0)
		die("netlink");
	for (int round = 0; round < ROUNDS; round++) {
		double start;

		run_nft("add table inet raw; add set inet raw s "
			"{ type ipv4_addr; size 16777216; flags timeout; "
			"counter; }");
		start = seconds();
		if (heals) {
			heal(n);
		} else {
			add_all(n, each);
			printf("%.0f\n", n / (seconds() - start));
		}
		run_nft("delete table inet raw");
	}
	mnl_socket_close(nl);
	return 0;
}
