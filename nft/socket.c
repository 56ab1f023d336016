/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way to the kernel. Netlink answers a transaction before sendmsg
 * returns, so nothing here ever waits. An answer is taken only for the number
 * it carries: what is left over from an earlier question must never pass for
 * the answer to this one.
 */
#include "nft/socket.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "nft/batch.h"
#include "nft/genid.h"

/* The kernel fills at most 32 kB of a dump at once, if we offer that much. */
#define RECEIVE (64u << 10)
#define RECEIVE_QUEUE (4 << 20)
/* Where others change the ruleset all the time, a commit goes in unguarded. */
#define GUARDED_TRIES 8

struct nft_socket {
	struct mnl_socket *nl;
	uint32_t seq;	     /* the next unused */
	uint32_t generation; /* of the ruleset, as last seen */
	uint32_t foreign;    /* changes of it by others, seen since the start */
	_Alignas(8) uint8_t receive[RECEIVE];
};

static int set_up(struct nft_socket *s)
{
	int fd = mnl_socket_get_fd(s->nl);
	int on = 1, out = BATCH_ROOM, in = RECEIVE_QUEUE;

	if (mnl_socket_bind(s->nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &out, sizeof(out)) <
			0 ||
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &in, sizeof(in)) <
			0 ||
		mnl_socket_setsockopt(s->nl, NETLINK_EXT_ACK, &on, sizeof(on)) <
			0 ||
		mnl_socket_setsockopt(s->nl, NETLINK_CAP_ACK, &on, sizeof(on)) <
			0)
		return -errno;
	return 0;
}

int nft_socket_open(struct nft_socket **out)
{
	struct nft_socket *s = calloc(1, sizeof(*s));
	int rc;

	*out = NULL;
	if (!s)
		return -ENOMEM;
	s->seq = 1;
	s->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	rc = s->nl ? set_up(s) : -errno;
	if (rc == 0)
		rc = genid_read(s, &s->generation);
	if (rc < 0) {
		nft_socket_close(&s);
		return rc;
	}
	*out = s;
	return 0;
}

void nft_socket_close(struct nft_socket **s)
{
	if (*s && (*s)->nl)
		mnl_socket_close((*s)->nl);
	free(*s);
	*s = NULL;
}

/* n numbers in a row, none of them 0. */
static uint32_t take_seq(struct nft_socket *s, uint32_t n)
{
	uint32_t first;

	if (s->seq > UINT32_MAX - n)
		s->seq = 1;
	first = s->seq;
	s->seq += n;
	return first;
}

static int send_bytes(struct nft_socket *s, const void *bytes, size_t n)
{
	ssize_t sent;

	do
		sent = mnl_socket_sendto(s->nl, bytes, n);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	return (size_t)sent == n ? 0 : -EIO;
}

/* What is in the queue: its length, 0 if it is empty, or -errno. */
static ssize_t receive(struct nft_socket *s)
{
	ssize_t n;

	do
		n = recv(mnl_socket_get_fd(s->nl), s->receive,
			sizeof(s->receive), MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	return n;
}

static int read_offset(const struct nlattr *attr, void *context)
{
	struct nft_fault *fault = context;

	if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_OFFS &&
		mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
		fault->offset = mnl_attr_get_u32(attr);
	if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
		snprintf(fault->text, sizeof(fault->text), "%s",
			mnl_attr_get_str(attr));
	return MNL_CB_OK;
}

/* The error that message m tells, 0 being "done"; details into *fault. */
static int read_error(const struct nlmsghdr *m, struct nft_fault *fault)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(m);

	if (mnl_nlmsg_get_payload_len(m) < sizeof(*e))
		return -EBADMSG;
	*fault = (struct nft_fault){.seq = m->nlmsg_seq};
	if ((m->nlmsg_flags & NLM_F_ACK_TLVS) &&
		(m->nlmsg_flags & NLM_F_CAPPED))
		mnl_attr_parse(m, sizeof(*e), read_offset, fault);
	return e->error > 0 ? -EBADMSG : e->error;
}

int nft_socket_done(const struct nlmsghdr *m)
{
	const int *error = mnl_nlmsg_get_payload(m);

	if (mnl_nlmsg_get_payload_len(m) < sizeof(*error) || *error > 0)
		return 0;
	return *error;
}

/* One try of what nft_socket_commit does; b is as before. */
static int commit_once(
	struct nft_socket *s, struct batch *b, struct nft_fault *fault)
{
	struct nft_fault here, first = {0};
	uint32_t seq, last;
	bool done = false, lost = false;
	size_t without_end = b->n;
	int error = 0, rc;
	ssize_t n;

	seq = take_seq(s, (uint32_t)b->count + 2) + 1;
	last = seq + (uint32_t)b->count - 1;
	batch_end(b, seq);
	rc = send_bytes(s, b->bytes, b->n);
	b->n = without_end;
	if (rc < 0)
		return rc;
	while ((n = receive(s)) != 0) {
		const struct nlmsghdr *m = (const void *)s->receive;
		int left = (int)n;

		if (n == -ENOBUFS) {
			lost = true;
			continue;
		}
		if (n < 0)
			return (int)n;
		for (; mnl_nlmsg_ok(m, left); m = mnl_nlmsg_next(m, &left)) {
			if (m->nlmsg_type != NLMSG_ERROR ||
				m->nlmsg_seq - (seq - 1) > last - (seq - 1))
				continue;
			rc = read_error(m, &here);
			if (rc < 0 && error == 0) {
				error = rc;
				first = here;
				if (here.seq == seq - 1)
					first.seq = 0;
			}
			if (m->nlmsg_seq == last)
				done = true;
		}
	}
	if (fault)
		*fault = first;
	if (error)
		return error;
	return done ? 0 : lost ? -ENOBUFS : -EIO;
}

/*
 * What the ruleset's generation has become, own commits of ours being among
 * its steps. One that changed nothing made no generation: so fewer steps than
 * commits are nobody's, and more are somebody else's.
 */
static int learn(struct nft_socket *s, uint32_t own)
{
	uint32_t now;
	int rc = genid_read(s, &now);

	if (rc < 0)
		return rc;
	if ((uint32_t)(now - s->generation) > own)
		s->foreign++;
	s->generation = now;
	return 0;
}

/*
 * A commit holds only for the generation that was last seen, so that a change
 * by others just before it is noticed, and not taken for its own.
 */
int nft_socket_commit(
	struct nft_socket *s, struct batch *b, struct nft_fault *fault)
{
	bool callers;
	int rc;

	if (b->error || b->count == 0)
		return b->error;
	callers = batch_generation(b) != 0;
	for (int i = 0;; i++) {
		if (!callers)
			batch_require(b, i < GUARDED_TRIES ? s->generation : 0);
		rc = commit_once(s, b, fault);
		if (rc != -ERESTART || callers)
			break;
		rc = learn(s, 0);
		if (rc < 0)
			break;
	}
	/* Sent again as it is, it asks for the generation of that time. */
	if (!callers)
		batch_require(b, 0);
	if (rc == 0)
		(void)learn(s, 1);
	return rc;
}

bool nft_socket_passes(int error)
{
	return error == -EINTR || error == -ENOBUFS || error == -EBUSY ||
	       error == -EAGAIN || error == -ENOMEM;
}

int nft_socket_look(struct nft_socket *s, uint32_t *foreign)
{
	int rc = learn(s, 0);

	*foreign = s->foreign;
	return rc;
}

struct nlmsghdr *nft_socket_question(void *buf, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *m = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *g;

	m->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	m->nlmsg_flags = NLM_F_REQUEST | flags;
	g = mnl_nlmsg_put_extra_header(m, sizeof(*g));
	g->nfgen_family = NFPROTO_INET;
	g->version = NFNETLINK_V0;
	return m;
}

int nft_socket_ask(struct nft_socket *s, struct nlmsghdr *question,
	nft_answer_fn fn, void *context)
{
	bool dump = (question->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	bool holes = false;
	struct nft_fault fault;
	uint32_t seq = take_seq(s, 1);
	int rc, result = 0;
	ssize_t n;

	question->nlmsg_seq = seq;
	if (!dump)
		question->nlmsg_flags |= NLM_F_ACK;
	rc = send_bytes(s, question, question->nlmsg_len);
	if (rc < 0)
		return rc;
	/* An end is always told: NLMSG_DONE, or the ACK asked for. After an
	 * error of fn the rest is read away. */
	while ((n = receive(s)) > 0 || n == -ENOBUFS) {
		const struct nlmsghdr *m = (const void *)s->receive;
		int left = n > 0 ? (int)n : 0;

		holes |= n == -ENOBUFS;
		for (; mnl_nlmsg_ok(m, left); m = mnl_nlmsg_next(m, &left)) {
			if (m->nlmsg_seq != seq)
				continue;
			if (m->nlmsg_flags & NLM_F_DUMP_INTR)
				holes = true;
			if (m->nlmsg_type == NLMSG_ERROR) {
				rc = read_error(m, &fault);
				return rc < 0 ? rc : result;
			}
			if (m->nlmsg_type == NLMSG_DONE) {
				rc = nft_socket_done(m);
				return rc < 0	? rc
				       : result ? result
				       : holes	? -EINTR
						: 0;
			}
			if (m->nlmsg_type < NLMSG_MIN_TYPE || result < 0)
				continue;
			result = fn(m, context);
		}
	}
	return n < 0 ? (int)n : -EIO;
}
