/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deleting from the connection tracking table. A message without a tuple
 * would delete all there is, so there is one function, and it always puts one.
 */
#include "nft/track.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>

#include "nft/diag.h"

struct track {
	struct mnl_socket *nl;
	uint32_t seq;
};

/* Built in or loaded; the first is hidden from some services, the second is
 * not built everywhere. */
static int is_there(void)
{
	return access("/sys/module/nf_conntrack", F_OK) == 0 ||
	       access("/proc/self/net/stat/nf_conntrack", F_OK) == 0;
}

int track_open(struct track **out)
{
	struct track *t;
	int rc = 0;

	*out = NULL;
	if (!is_there())
		return -ENOENT;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!t->nl || mnl_socket_bind(t->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		rc = -errno;
		track_close(&t);
	}
	*out = t;
	return rc;
}

void track_close(struct track **t)
{
	if (*t && (*t)->nl)
		mnl_socket_close((*t)->nl);
	free(*t);
	*t = NULL;
}

/*
 * What this host sends, which is true of a redirected connection too: local
 * to remote. The kernel finds a connection by either direction.
 */
static void put_tuple(struct nlmsghdr *m, const struct diag_connection *c)
{
	size_t n, same;
	const uint8_t *from = addr_bytes(&c->local, &n);
	const uint8_t *to = addr_bytes(&c->remote, &same);
	struct nlattr *tuple = mnl_attr_nest_start(m, CTA_TUPLE_REPLY), *part;

	part = mnl_attr_nest_start(m, CTA_TUPLE_IP);
	mnl_attr_put(m, n == 4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, n, from);
	mnl_attr_put(m, n == 4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, same, to);
	mnl_attr_nest_end(m, part);
	part = mnl_attr_nest_start(m, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(m, CTA_PROTO_NUM, IPPROTO_TCP);
	mnl_attr_put_u16(m, CTA_PROTO_SRC_PORT, htons(c->local_port));
	mnl_attr_put_u16(m, CTA_PROTO_DST_PORT, htons(c->remote_port));
	mnl_attr_nest_end(m, part);
	mnl_attr_nest_end(m, tuple);
}

/* The answer to the question just sent; there when sendto returns. */
static int take_answer(struct track *t)
{
	_Alignas(8) uint8_t buf[1024];
	const struct nlmsghdr *m = (const void *)buf;
	const struct nlmsgerr *e;
	ssize_t n;

	for (;;) {
		n = recv(mnl_socket_get_fd(t->nl), buf, sizeof(buf),
			MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -EIO : -errno;
		if (!mnl_nlmsg_ok(m, (int)n) || m->nlmsg_seq != t->seq)
			continue;
		e = mnl_nlmsg_get_payload(m);
		if (m->nlmsg_type != NLMSG_ERROR ||
			mnl_nlmsg_get_payload_len(m) < sizeof(e->error))
			return -EBADMSG;
		return e->error;
	}
}

/* conntrack -D -p tcp -r LOCAL -q REMOTE --reply-port-src ... */
int track_delete(struct track *t, const struct diag_connection *c)
{
	_Alignas(8) uint8_t buf[512];
	struct nlmsghdr *m = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *g;
	ssize_t sent;
	int rc;

	m->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
	m->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	m->nlmsg_seq = ++t->seq;
	g = mnl_nlmsg_put_extra_header(m, sizeof(*g));
	g->nfgen_family = addr_is_v4(&c->remote) ? AF_INET : AF_INET6;
	g->version = NFNETLINK_V0;
	put_tuple(m, c);
	do
		sent = mnl_socket_sendto(t->nl, m, m->nlmsg_len);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	rc = take_answer(t);
	return rc == -ENOENT ? 0 : rc;
}
