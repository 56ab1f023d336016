/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel has in a set, with the time each element has left and what
 * it has counted. Only on demand: it must never stand on the way of a ban.
 */
#include "nft/dump.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "nft/batch.h"
#include "nft/socket.h"

/* The kernel fills at most 32 kB of a dump at once. */
#define PART 32768

/* One key as the kernel tells it: a host, or one end of an interval. */
struct key {
	struct dump_element e;
	bool end;
};

struct dump {
	enum set_kind kind;
	dump_fn fn;
	void *context;
	struct key *keys; /* of an interval set, until all are there */
	size_t n, room;
};

static bool get_u64(const struct nlattr *attr, uint64_t *out)
{
	if (mnl_attr_validate(attr, MNL_TYPE_U64) < 0)
		return false;
	*out = be64toh(mnl_attr_get_u64(attr));
	return true;
}

static bool read_address(const struct nlattr *key, size_t n, struct addr *out)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested (attr, key) {
		if (mnl_attr_get_type(attr) != NFTA_DATA_VALUE)
			continue;
		if (mnl_attr_get_payload_len(attr) != n)
			return false;
		*out = addr_from_bytes(mnl_attr_get_payload(attr), n);
		return true;
	}
	return false;
}

/* NFTA_SET_ELEM_EXPR of a counter: its name, then its data. */
static bool read_counter(const struct nlattr *expr, struct dump_element *e)
{
	const struct nlattr *attr, *inner;
	bool ok = true;

	mnl_attr_for_each_nested (attr, expr) {
		if (mnl_attr_get_type(attr) != NFTA_EXPR_DATA)
			continue;
		mnl_attr_for_each_nested (inner, attr) {
			if (mnl_attr_get_type(inner) == NFTA_COUNTER_PACKETS)
				ok &= get_u64(inner, &e->packets);
			if (mnl_attr_get_type(inner) == NFTA_COUNTER_BYTES)
				ok &= get_u64(inner, &e->bytes);
		}
	}
	return ok;
}

static bool read_key(const struct nlattr *element, size_t n, struct key *key)
{
	const struct nlattr *attr;
	bool ok = true, have = false;

	*key = (struct key){.e.prefix.len = 128};
	mnl_attr_for_each_nested (attr, element) {
		switch (mnl_attr_get_type(attr)) {
		case NFTA_SET_ELEM_KEY:
			have = read_address(attr, n, &key->e.prefix.net);
			break;
		case NFTA_SET_ELEM_FLAGS:
			if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
				return false;
			key->end = ntohl(mnl_attr_get_u32(attr)) &
				   NFT_SET_ELEM_INTERVAL_END;
			break;
		case NFTA_SET_ELEM_TIMEOUT:
			ok &= get_u64(attr, &key->e.timeout);
			break;
		case NFTA_SET_ELEM_EXPIRATION:
			ok &= get_u64(attr, &key->e.remaining);
			break;
		case NFTA_SET_ELEM_EXPR:
			ok &= read_counter(attr, &key->e);
			break;
		}
	}
	return ok && have;
}

static int keep(struct dump *d, const struct key *key)
{
	if (d->n == d->room) {
		size_t room = d->room ? d->room * 2 : 64;
		struct key *keys = reallocarray(d->keys, room, sizeof(*keys));

		if (!keys)
			return -ENOMEM;
		d->keys = keys;
		d->room = room;
	}
	d->keys[d->n++] = *key;
	return 0;
}

static int take_message(const struct nlmsghdr *m, void *context)
{
	struct dump *d = context;
	const struct nlattr *attr, *element;
	struct key key;
	int rc = 0;

	mnl_attr_for_each (attr, m, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested (element, attr) {
			if (!read_key(
				    element, set_is_v4(d->kind) ? 4 : 16, &key))
				return -EBADMSG;
			rc = set_is_interval(d->kind)
				     ? keep(d, &key)
				     : d->fn(&key.e, d->context);
			if (rc < 0)
				return rc;
		}
	}
	return rc;
}

/* By address; of two at one address the end of the one before comes first. */
static int compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int by_address = addr_compare(&x->e.prefix.net, &y->e.prefix.net);

	return by_address ? by_address : (int)y->end - (int)x->end;
}

static unsigned __int128 number_of(const struct addr *a)
{
	unsigned __int128 v = 0;

	for (size_t i = 0; i < 16; i++)
		v = v << 8 | a->ip[i];
	return v;
}

static struct addr addr_of(unsigned __int128 v)
{
	struct addr a;

	for (size_t i = 16; i-- > 0; v >>= 8)
		a.ip[i] = (uint8_t)v;
	return a;
}

/* Tells first to last as the fewest prefixes; most often that is one. */
static int tell_range(struct dump *d, const struct dump_element *e,
	unsigned __int128 first, unsigned __int128 last)
{
	struct dump_element part = *e;
	/* Of IPv4 no prefix is wider than 96 + 0. */
	unsigned int least = set_is_v4(d->kind) ? 96 : 0;
	int rc;

	for (;;) {
		unsigned int len = 128;
		unsigned __int128 mask = 0;

		while (len > least) {
			unsigned __int128 wider = mask << 1 | 1;

			if ((first & wider) != 0 || (first | wider) > last)
				break;
			mask = wider;
			len--;
		}
		part.prefix.net = addr_of(first);
		part.prefix.len = (uint8_t)len;
		rc = d->fn(&part, d->context);
		if (rc < 0 || (first | mask) >= last)
			return rc;
		first = (first | mask) + 1;
	}
}

static int tell_intervals(struct dump *d)
{
	const unsigned __int128 end_of_space = ~(unsigned __int128)0;
	unsigned __int128 end_of_v4 = (unsigned __int128)0xffffffffffff;
	int rc = 0;

	if (d->n > 0)
		qsort(d->keys, d->n, sizeof(*d->keys), compare_keys);
	for (size_t i = 0; i < d->n && rc >= 0; i++) {
		unsigned __int128 last =
			set_is_v4(d->kind) ? end_of_v4 : end_of_space;

		if (d->keys[i].end)
			continue;
		if (i + 1 < d->n)
			last = number_of(&d->keys[i + 1].e.prefix.net) - 1;
		rc = tell_range(d, &d->keys[i].e,
			number_of(&d->keys[i].e.prefix.net), last);
	}
	return rc;
}

static struct nlmsghdr *question(void *buf, const char *set)
{
	struct nlmsghdr *m =
		nft_socket_question(buf, NFT_MSG_GETSETELEM, NLM_F_DUMP);

	mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE);
	mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_SET, set);
	return m;
}

/* What is told of a set until it is too much. */
struct some {
	size_t n, most;
	dump_fn fn;
	void *context;
};

static int take_some(const struct dump_element *e, void *context)
{
	struct some *some = context;

	if (some->n++ == some->most)
		return -EFBIG;
	return some->fn(e, some->context);
}

/* One part of the answer. 1 = it goes on, 0 = that was all, or -errno. */
static int take_part(struct mnl_socket *nl, struct dump *d)
{
	_Alignas(8) uint8_t buf[PART];
	const struct nlmsghdr *m = (const struct nlmsghdr *)buf;
	ssize_t n = recv(mnl_socket_get_fd(nl), buf, sizeof(buf), MSG_DONTWAIT);
	int left = (int)n, rc = 0;

	if (n < 0)
		return -errno;
	for (; mnl_nlmsg_ok(m, left) && rc == 0; m = mnl_nlmsg_next(m, &left)) {
		if (m->nlmsg_type == NLMSG_ERROR)
			return -EIO;
		if (m->nlmsg_flags & NLM_F_DUMP_INTR)
			return -EINTR;
		if (m->nlmsg_type == NLMSG_DONE)
			return nft_socket_done(m);
		if (m->nlmsg_type >= NLMSG_MIN_TYPE)
			rc = take_message(m, d);
	}
	return rc < 0 ? rc : 1;
}

int dump_some(struct mnl_socket **asked, enum set_kind kind, const char *set,
	size_t most, dump_fn fn, void *context)
{
	struct some some = {.most = most, .fn = fn, .context = context};
	struct dump d = {.kind = kind, .fn = take_some, .context = &some};
	_Alignas(8) uint8_t buf[NFT_QUESTION];
	const struct nlmsghdr *m = question(buf, set);
	int rc = 1;

	if (!*asked)
		*asked = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!*asked)
		return -errno;
	if (mnl_socket_sendto(*asked, m, m->nlmsg_len) < 0)
		rc = -errno;
	while (rc == 1)
		rc = take_part(*asked, &d);
	/* What there is of an answer goes with the socket. */
	if (rc < 0)
		dump_asked_close(asked);
	return rc;
}

void dump_asked_close(struct mnl_socket **asked)
{
	if (*asked)
		mnl_socket_close(*asked);
	*asked = NULL;
}

/* nft list set inet mailban NAME */
int dump_set(struct nft_socket *s, enum set_kind kind, const char *set,
	dump_fn fn, void *context)
{
	struct dump d = {.kind = kind, .fn = fn, .context = context};
	_Alignas(8) uint8_t buf[NFT_QUESTION];
	int rc = nft_socket_ask(s, question(buf, set), take_message, &d);

	if (rc == 0)
		rc = tell_intervals(&d);
	free(d.keys);
	return rc;
}
