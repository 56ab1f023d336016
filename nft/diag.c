/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP connections as sock_diag(7) tells of them. A busy host has many: the
 * kernel is told which ones are wanted and skips the others itself. Nothing
 * is ended here that was not told by its full id, cookie included, so never
 * one that came after it.
 */
#include "nft/diag.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#define RECEIVE (32u << 10)
/* Of the states of RFC 9293 those in which somebody holds on to something. */
#define STATES                                                              \
	(1u << TCP_ESTABLISHED | 1u << TCP_SYN_RECV | 1u << TCP_FIN_WAIT1 | \
		1u << TCP_FIN_WAIT2 | 1u << TCP_CLOSE_WAIT |                \
		1u << TCP_LAST_ACK | 1u << TCP_CLOSING)

#define OP sizeof(struct inet_diag_bc_op)
#define CONDITION (OP + sizeof(struct inet_diag_hostcond))
#define FILTER_BYTES (DIAG_FILTER_MOST * (CONDITION + 16 + OP))

struct diag {
	struct mnl_socket *nl;
	uint32_t seq;
	_Alignas(8) uint8_t receive[RECEIVE];
	_Alignas(8) uint8_t send[FILTER_BYTES + 256];
};

int diag_open(struct diag **out)
{
	struct diag *d = calloc(1, sizeof(*d));
	int rc = 0;

	*out = NULL;
	if (!d)
		return -ENOMEM;
	d->nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	if (!d->nl || mnl_socket_bind(d->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		rc = -errno;
		diag_close(&d);
	}
	*out = d;
	return rc;
}

void diag_close(struct diag **d)
{
	if (*d && (*d)->nl)
		mnl_socket_close((*d)->nl);
	free(*d);
	*d = NULL;
}

static struct nlmsghdr *question(struct diag *d, uint16_t type, uint16_t flags,
	const struct inet_diag_req_v2 *request)
{
	struct nlmsghdr *m = mnl_nlmsg_put_header(d->send);

	m->nlmsg_type = type;
	m->nlmsg_flags = NLM_F_REQUEST | flags;
	m->nlmsg_seq = ++d->seq;
	memcpy(mnl_nlmsg_put_extra_header(m, sizeof(*request)), request,
		sizeof(*request));
	return m;
}

/* The condition that the peer is in p; its no leads past one more step. */
static size_t put_condition(uint8_t *at, const struct prefix *p)
{
	bool v4 = addr_is_v4(&p->net) && p->len >= 96;
	size_t n = CONDITION + (v4 ? 4 : 16);
	struct inet_diag_hostcond peer = {
		.family = v4 ? AF_INET : AF_INET6,
		.prefix_len = (uint8_t)(v4 ? p->len - 96 : p->len),
		.port = -1,
	};
	const struct inet_diag_bc_op op = {.code = INET_DIAG_BC_D_COND,
		.yes = (uint8_t)n,
		.no = (uint16_t)(n + OP)};

	memcpy(at, &op, sizeof(op));
	memcpy(at + OP, &peer, sizeof(peer));
	memcpy(at + CONDITION, p->net.ip + (v4 ? 12 : 0), n - CONDITION);
	return n;
}

/*
 * "dst A or dst B ...": each condition is followed by a jump to the end, which
 * is a yes; its no leads past that jump, the last one's past the end.
 */
static size_t put_filter(uint8_t *code, const struct prefix *peers, size_t n)
{
	size_t jumps[DIAG_FILTER_MOST], at = 0;

	for (size_t i = 0; i < n; i++) {
		at += put_condition(code + at, &peers[i]);
		if (i + 1 == n)
			break;
		jumps[i] = at;
		at += OP;
	}
	for (size_t i = 0; i + 1 < n; i++) {
		struct inet_diag_bc_op jump = {.code = INET_DIAG_BC_JMP,
			.yes = OP,
			.no = (uint16_t)(at - jumps[i])};

		memcpy(code + jumps[i], &jump, sizeof(jump));
	}
	return at;
}

static int read_connection(const struct nlmsghdr *m, struct diag_connection *c)
{
	struct inet_diag_msg told;
	size_t n;

	if (mnl_nlmsg_get_payload_len(m) < sizeof(told))
		return -EBADMSG;
	memcpy(&told, mnl_nlmsg_get_payload(m), sizeof(told));
	n = told.idiag_family == AF_INET ? 4 : 16;
	c->family = told.idiag_family;
	c->id = told.id;
	c->local = addr_from_bytes((const uint8_t *)told.id.idiag_src, n);
	c->remote = addr_from_bytes((const uint8_t *)told.id.idiag_dst, n);
	c->local_port = ntohs(told.id.idiag_sport);
	c->remote_port = ntohs(told.id.idiag_dport);
	return 0;
}

/* Sends m and takes its answers: 0, or -errno of the kernel or of fn. */
static int ask(struct diag *d, const struct nlmsghdr *m, diag_fn fn, void *ctx)
{
	struct diag_connection c;
	int result = 0;
	ssize_t n;

	do
		n = mnl_socket_sendto(d->nl, m, m->nlmsg_len);
	while (n < 0 && errno == EINTR);
	while (n >= 0) {
		const struct nlmsghdr *a = (const void *)d->receive;
		int left;

		n = recv(mnl_socket_get_fd(d->nl), d->receive,
			sizeof(d->receive), MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == ENOBUFS)) {
			n = 0;
			continue;
		}
		for (left = (int)n; mnl_nlmsg_ok(a, left);
			a = mnl_nlmsg_next(a, &left)) {
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(a);

			if (a->nlmsg_seq != d->seq)
				continue;
			if (a->nlmsg_type == NLMSG_ERROR)
				return mnl_nlmsg_get_payload_len(a) <
						       sizeof(e->error)
					       ? -EBADMSG
					       : e->error;
			if (a->nlmsg_type == NLMSG_DONE)
				return result;
			/* After an error of fn the rest is read away. */
			if (result == 0 && fn)
				result = read_connection(a, &c);
			if (result == 0 && fn)
				result = fn(&c, ctx);
		}
	}
	return errno == EAGAIN ? -EIO : -errno;
}

/* ss -tn state connected dst A or dst B ... */
int diag_find(struct diag *d, const struct prefix *peers, size_t n, diag_fn fn,
	void *context)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	uint8_t filter[FILTER_BYTES];
	int rc = 0;

	for (size_t i = 0; i < 2 && rc == 0; i++) {
		const struct inet_diag_req_v2 r = {.sdiag_family = families[i],
			.sdiag_protocol = IPPROTO_TCP,
			.idiag_states = STATES};
		struct nlmsghdr *m =
			question(d, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &r);

		if (n > 0 && n <= DIAG_FILTER_MOST)
			mnl_attr_put(m, INET_DIAG_REQ_BYTECODE,
				put_filter(filter, peers, n), filter);
		rc = ask(d, m, fn, context);
	}
	return rc;
}

/* ss -K */
int diag_destroy(struct diag *d, const struct diag_connection *c)
{
	const struct inet_diag_req_v2 r = {.sdiag_family = c->family,
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_states = STATES,
		.id = c->id};

	return ask(d, question(d, SOCK_DESTROY, NLM_F_ACK, &r), NULL, NULL);
}
