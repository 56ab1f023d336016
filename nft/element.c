/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Elements into sets and out of them. This is what a burst of bans runs
 * through, so the attributes are written straight into the transaction. No
 * list may grow past what the 16-bit length of its attribute can tell: the
 * kernel would read a wrapped one and blame the wrong thing.
 */
#include "nft/element.h"

#include <arpa/inet.h>
#include <endian.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "nft/batch.h"
#include "nft/socket.h"

/* Bytes of a list: 2,000 IPv4 hosts with timeout; 64 kB is the end. */
#define LIST_MOST 56000u

void element_put_key(struct nlmsghdr *m, const void *key, size_t n,
	uint64_t timeout, uint32_t flags)
{
	struct nlattr *element = mnl_attr_nest_start(m, NFTA_LIST_ELEM);
	struct nlattr *nest;

	if (flags)
		mnl_attr_put_u32(m, NFTA_SET_ELEM_FLAGS, htonl(flags));
	if (timeout)
		mnl_attr_put_u64(m, NFTA_SET_ELEM_TIMEOUT, htobe64(timeout));
	nest = mnl_attr_nest_start(m, NFTA_SET_ELEM_KEY);
	mnl_attr_put(m, NFTA_DATA_VALUE, n, key);
	mnl_attr_nest_end(m, nest);
	mnl_attr_nest_end(m, element);
}

/* A host that is added. */
static void put_host(struct nlmsghdr *m, const struct element *e,
	const uint8_t *key, size_t n)
{
	struct nlattr *element = mnl_attr_nest_start(m, NFTA_LIST_ELEM);
	struct nlattr *nest;

	if (e->timeout)
		mnl_attr_put_u64(m, NFTA_SET_ELEM_TIMEOUT, htobe64(e->timeout));
	if (e->remaining)
		mnl_attr_put_u64(
			m, NFTA_SET_ELEM_EXPIRATION, htobe64(e->remaining));
	nest = mnl_attr_nest_start(m, NFTA_SET_ELEM_KEY);
	mnl_attr_put(m, NFTA_DATA_VALUE, n, key);
	mnl_attr_nest_end(m, nest);
	mnl_attr_nest_end(m, element);
}

/*
 * The key after the last of the n bytes' prefix of len bits; false if there
 * is none, the prefix reaching up to the end of the space.
 */
static bool key_after(
	const uint8_t *first, size_t n, unsigned int len, uint8_t *after)
{
	unsigned int carry;

	memcpy(after, first, n);
	if (len == 0)
		return false;
	carry = 1u << (7 - (len - 1) % 8);
	for (size_t i = (len - 1) / 8 + 1; i-- > 0;) {
		carry += after[i];
		after[i] = (uint8_t)carry;
		carry >>= 8;
		if (!carry)
			return true;
	}
	return false;
}

/* An interval: its first key with the timeout, then its end, if it has one. */
static void put_interval(struct nlmsghdr *m, const struct element *e,
	const uint8_t *key, size_t n, uint64_t timeout)
{
	unsigned int len = n == 4 ? e->prefix.len - 96u : e->prefix.len;
	uint8_t after[16];

	element_put_key(m, key, n, timeout, 0);
	if (key_after(key, n, len, after))
		element_put_key(m, after, n, 0, NFT_SET_ELEM_INTERVAL_END);
}

/* Elements from i on into one message; returns the index after the last. */
static size_t put_message(struct batch *b, enum set_kind kind, const char *set,
	uint16_t type, uint16_t flags, const struct element *e, size_t i,
	size_t n, uint32_t tag)
{
	bool adds = type == NFT_MSG_NEWSETELEM;
	struct nlmsghdr *m = batch_open(b, type, flags, tag + (uint32_t)i);
	size_t key_len = set_is_v4(kind) ? 4 : 16;
	struct nlattr *list;

	if (!m)
		return n;
	mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE);
	mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_SET, set);
	list = mnl_attr_nest_start(m, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (; i < n; i++) {
		const uint8_t *key = e[i].prefix.net.ip + 16 - key_len;
		size_t used = (size_t)((char *)mnl_nlmsg_get_payload_tail(m) -
				       (char *)list);

		if (used > LIST_MOST)
			break;
		if (set_is_interval(kind))
			put_interval(m, &e[i], key, key_len,
				adds ? e[i].timeout : 0);
		else if (adds)
			put_host(m, &e[i], key, key_len);
		else
			element_put_key(m, key, key_len, 0, 0);
	}
	mnl_attr_nest_end(m, list);
	batch_close(b, m);
	return i;
}

/*
 * nft add element inet mailban ban4-J '{ 192.0.2.1 timeout 10m expires 5m }'
 * nft add element inet mailban net6-J '{ 2001:db8::/64 timeout 10m }'
 */
void element_put_add(struct batch *b, enum set_kind kind, const char *set,
	const struct element *e, size_t n, uint32_t tag)
{
	for (size_t i = 0; i < n;)
		i = put_message(b, kind, set, NFT_MSG_NEWSETELEM, NLM_F_CREATE,
			e, i, n, tag);
}

/* nft create element inet mailban ban4-J '{ 192.0.2.1 timeout 10m }' */
void element_put_new(struct batch *b, enum set_kind kind, const char *set,
	const struct element *e, size_t n, uint32_t tag)
{
	for (size_t i = 0; i < n;)
		i = put_message(b, kind, set, NFT_MSG_NEWSETELEM,
			NLM_F_CREATE | NLM_F_EXCL, e, i, n, tag);
}

/* nft delete element inet mailban ban4-J '{ 192.0.2.1 }' */
void element_put_delete(struct batch *b, enum set_kind kind, const char *set,
	const struct element *e, size_t n, uint32_t tag)
{
	for (size_t i = 0; i < n;)
		i = put_message(
			b, kind, set, NFT_MSG_DELSETELEM, 0, e, i, n, tag);
}

/*
 * nft add element inet mailban port-J '{ 25, 143-145 }'
 *
 * A range is its first key, and the key after its last with the flag of an
 * end; a range up to the very last key has no end.
 */
void element_put_ports(struct batch *b, const struct layout_jail *jail)
{
	struct nlmsghdr *m = batch_open(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE, 0);
	struct nlattr *list;
	char name[SET_NAME];
	uint16_t key;

	if (!m)
		return;
	set_name(name, SET_PORT, jail->name);
	mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE);
	mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_SET, name);
	list = mnl_attr_nest_start(m, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (size_t i = 0; i < jail->n_ports; i++) {
		key = htons(jail->ports[i].first);
		element_put_key(m, &key, 2, 0, 0);
		key = htons((uint16_t)(jail->ports[i].last + 1));
		if (key != 0)
			element_put_key(
				m, &key, 2, 0, NFT_SET_ELEM_INTERVAL_END);
	}
	mnl_attr_nest_end(m, list);
	batch_close(b, m);
}

static bool is_end(const struct nlattr *element)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested (attr, element) {
		if (mnl_attr_get_type(attr) == NFTA_SET_ELEM_FLAGS)
			return ntohl(mnl_attr_get_u32(attr)) &
			       NFT_SET_ELEM_INTERVAL_END;
	}
	return false;
}

bool element_of_fault(
	const struct batch *b, const struct nft_fault *fault, uint32_t *tag)
{
	uint32_t first, index = 0;
	const struct nlmsghdr *m = batch_message_by_seq(b, fault->seq, &first);
	const struct nlattr *attr, *element;

	if (!m || fault->offset == 0)
		return false;
	mnl_attr_for_each (attr, m, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested (element, attr) {
			size_t at = (size_t)((const char *)element -
					     (const char *)m);

			if (!is_end(element))
				index++;
			if (at == fault->offset && index > 0) {
				*tag = first + index - 1;
				return true;
			}
		}
	}
	return false;
}
