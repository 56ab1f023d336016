/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sets of our table: one hash set of hosts and one interval set of
 * prefixes for each jail and family, and the allow sets. Hosts never go into
 * an interval set: adding there costs the kernel time for each element that
 * is already in.
 */
#include "nft/set.h"

#include <errno.h>
#include <stdio.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <libnftnl/expr.h>
#include <libnftnl/set.h>
#include <libnftnl/udata.h>

#include "nft/batch.h"

/* nft's own numbers for key types (its datatype.h), by which it lists. */
#define TYPE_IPV4 7
#define TYPE_IPV6 8
#define TYPE_SERVICE 13
/* And for byte order, in user data. */
#define BYTES_OF_NETWORK 2

#define TIMED_NET (NFT_SET_INTERVAL | NFT_SET_TIMEOUT)

static const struct {
	const char *head;
	uint32_t type, len, flags;
} kinds[SET_KINDS] = {
	[SET_BAN4] = {"ban4-", TYPE_IPV4, 4, NFT_SET_TIMEOUT},
	[SET_BAN6] = {"ban6-", TYPE_IPV6, 16, NFT_SET_TIMEOUT},
	[SET_NET4] = {"net4-", TYPE_IPV4, 4, TIMED_NET},
	[SET_NET6] = {"net6-", TYPE_IPV6, 16, TIMED_NET},
	[SET_RUSH4] = {"rush4-", TYPE_IPV4, 4, NFT_SET_TIMEOUT},
	[SET_RUSH6] = {"rush6-", TYPE_IPV6, 16, NFT_SET_TIMEOUT},
	[SET_PORT] = {"port-", TYPE_SERVICE, 2, NFT_SET_INTERVAL},
	[SET_ALLOW4] = {"allow4", TYPE_IPV4, 4, NFT_SET_INTERVAL},
	[SET_ALLOW6] = {"allow6", TYPE_IPV6, 16, NFT_SET_INTERVAL},
};

char *set_name(char buf[SET_NAME], enum set_kind kind, const char *jail)
{
	snprintf(buf, SET_NAME, "%s%s", kinds[kind].head,
		kind <= SET_PORT ? jail : "");
	return buf;
}

bool set_is_interval(enum set_kind kind)
{
	return kinds[kind].flags & NFT_SET_INTERVAL;
}

bool set_is_v4(enum set_kind kind)
{
	return kinds[kind].type == TYPE_IPV4;
}

enum set_kind set_kind_of(const struct prefix *p)
{
	bool v4 = addr_is_v4(&p->net) && p->len >= 96;

	if (prefix_is_host(p))
		return v4 ? SET_BAN4 : SET_BAN6;
	return v4 ? SET_NET4 : SET_NET6;
}

enum set_kind set_rush_of(const struct prefix *host)
{
	return addr_is_v4(&host->net) ? SET_RUSH4 : SET_RUSH6;
}

static bool has_counter(enum set_kind kind)
{
	return kind <= SET_NET6;
}

static uint32_t size_of(enum set_kind kind, uint32_t elements)
{
	if (kind == SET_NET4 || kind == SET_NET6)
		return 2 * SET_PREFIXES_MOST;
	return kind < SET_JAIL_KINDS ? elements : 0;
}

/* So that nft lists the keys in the order of their bytes. */
void set_put_byte_order(struct nftnl_set *set)
{
	struct nftnl_udata_buf *u = nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN);

	if (!u)
		return;
	nftnl_udata_put_u32(u, NFTNL_UDATA_SET_KEYBYTEORDER, BYTES_OF_NETWORK);
	nftnl_set_set_data(set, NFTNL_SET_USERDATA, nftnl_udata_buf_data(u),
		nftnl_udata_buf_len(u));
	nftnl_udata_buf_free(u);
}

/*
 * nft add set inet mailban ban4-J '{ type ipv4_addr; flags timeout;
 *	size 1048576; counter; }'
 * nft add set inet mailban net4-J '{ type ipv4_addr; flags interval, timeout;
 *	size 131072; counter; }'
 * nft add set inet mailban rush4-J '{ type ipv4_addr; flags timeout;
 *	size 1048576; }'
 * nft add set inet mailban port-J '{ type inet_service; flags interval; }'
 * nft add set inet mailban allow4 '{ type ipv4_addr; flags interval; }'
 */
void set_put_new(struct batch *b, enum set_kind kind, const char *name,
	uint32_t elements)
{
	struct nlmsghdr *m = batch_open(b, NFT_MSG_NEWSET, NLM_F_CREATE, 0);
	struct nftnl_set *set = nftnl_set_alloc();
	struct nftnl_expr *counter =
		has_counter(kind) ? nftnl_expr_alloc("counter") : NULL;
	uint32_t size = size_of(kind, elements);

	if (!m || !set || (has_counter(kind) && !counter)) {
		if (!b->error)
			b->error = -ENOMEM;
		if (set)
			nftnl_set_free(set);
		if (counter)
			nftnl_expr_free(counter);
		return;
	}
	nftnl_set_set_u32(set, NFTNL_SET_FAMILY, NFPROTO_INET);
	nftnl_set_set_str(set, NFTNL_SET_TABLE, NFT_TABLE);
	nftnl_set_set_str(set, NFTNL_SET_NAME, name);
	nftnl_set_set_u32(set, NFTNL_SET_FLAGS, kinds[kind].flags);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, kinds[kind].type);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, kinds[kind].len);
	/* Names a set within its transaction; ours are looked up by name. */
	nftnl_set_set_u32(set, NFTNL_SET_ID, (uint32_t)b->count + 1);
	if (size)
		nftnl_set_set_u32(set, NFTNL_SET_DESC_SIZE, size);
	set_put_byte_order(set);
	if (counter)
		nftnl_set_add_expr(set, counter);
	nftnl_set_nlmsg_build_payload(m, set);
	nftnl_set_free(set);
	batch_close(b, m);
}

/* nft delete set inet mailban NAME */
void set_put_delete(struct batch *b, const char *name)
{
	struct nlmsghdr *m = batch_open(b, NFT_MSG_DELSET, 0, 0);

	if (!m)
		return;
	mnl_attr_put_strz(m, NFTA_SET_TABLE, NFT_TABLE);
	mnl_attr_put_strz(m, NFTA_SET_NAME, name);
	batch_close(b, m);
}

/* nft flush set inet mailban NAME */
void set_put_flush(struct batch *b, const char *name)
{
	struct nlmsghdr *m = batch_open(b, NFT_MSG_DELSETELEM, 0, 0);

	if (!m)
		return;
	mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE);
	mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_SET, name);
	batch_close(b, m);
}

static int count_expr(struct nftnl_expr *e, void *context)
{
	const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);

	if (name && name[0] == 'c' && name[1] == 'o')
		++*(int *)context;
	return 0;
}

bool set_is_same(
	const struct nftnl_set *set, enum set_kind kind, uint32_t elements)
{
	const uint32_t shape = NFT_SET_ANONYMOUS | NFT_SET_CONSTANT |
			       NFT_SET_INTERVAL | NFT_SET_MAP |
			       NFT_SET_TIMEOUT | NFT_SET_EVAL | NFT_SET_OBJECT |
			       NFT_SET_CONCAT;
	int counters = 0;

	nftnl_set_expr_foreach(set, count_expr, &counters);
	return (nftnl_set_get_u32(set, NFTNL_SET_FLAGS) & shape) ==
		       kinds[kind].flags &&
	       nftnl_set_get_u32(set, NFTNL_SET_KEY_TYPE) == kinds[kind].type &&
	       nftnl_set_get_u32(set, NFTNL_SET_KEY_LEN) == kinds[kind].len &&
	       nftnl_set_get_u32(set, NFTNL_SET_DESC_SIZE) ==
		       size_of(kind, elements) &&
	       counters == (has_counter(kind) ? 1 : 0);
}
