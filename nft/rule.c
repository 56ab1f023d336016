/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules of our chain. A packet is first looked up in the allow sets, so
 * that no ban of ours ever touches who is in them; what no rule drops goes on
 * to the admin's own chains.
 */
#include "nft/rule.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>

#include "nft/batch.h"
#include "nft/element.h"

/* nft's number for the key type (its datatype.h). */
#define TYPE_INET_PROTOCOL 12

/* Where the source address stands (RFC 791, 3.1; RFC 8200, 3), and the
 * destination port of any protocol that has ports. */
#define IP_SADDR 12
#define IP6_SADDR 8
#define TH_DPORT 2

static struct nftnl_expr *add(struct nftnl_rule *rule, const char *name)
{
	struct nftnl_expr *e = nftnl_expr_alloc(name);

	if (e)
		nftnl_rule_add_expr(rule, e);
	return e;
}

static bool add_meta(struct nftnl_rule *rule, uint32_t key)
{
	struct nftnl_expr *e = add(rule, "meta");

	if (!e)
		return false;
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, NFT_REG_1);
	return true;
}

static bool add_cmp(
	struct nftnl_rule *rule, uint32_t op, const void *data, uint32_t n)
{
	struct nftnl_expr *e = add(rule, "cmp");

	if (!e)
		return false;
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, op);
	nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, data, n);
	return true;
}

static bool add_payload(
	struct nftnl_rule *rule, uint32_t base, uint32_t offset, uint32_t n)
{
	struct nftnl_expr *e = add(rule, "payload");

	if (!e)
		return false;
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, n);
	return true;
}

/* id: of a set made in this transaction, 0 for one known by its name. */
static bool add_lookup(struct nftnl_rule *rule, const char *name, uint32_t id)
{
	struct nftnl_expr *e = add(rule, "lookup");

	if (!e)
		return false;
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, name);
	if (id)
		nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SET_ID, id);
	return true;
}

static bool add_verdict(struct nftnl_rule *rule, uint32_t verdict)
{
	struct nftnl_expr *e = add(rule, "immediate");

	if (!e)
		return false;
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, verdict);
	return true;
}

/* ip saddr @NAME, ip6 saddr @NAME: in an inet table each of them begins with
 * the test of the family. */
static bool add_source(
	struct nftnl_rule *rule, enum set_kind kind, const char *name)
{
	uint8_t family = set_is_v4(kind) ? NFPROTO_IPV4 : NFPROTO_IPV6;
	bool ok = add_meta(rule, NFT_META_NFPROTO) &&
		  add_cmp(rule, NFT_CMP_EQ, &family, sizeof(family));

	if (set_is_v4(kind))
		ok = ok &&
		     add_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, IP_SADDR, 4);
	else
		ok = ok && add_payload(rule, NFT_PAYLOAD_NETWORK_HEADER,
				   IP6_SADDR, 16);
	return ok && add_lookup(rule, name, 0);
}

/*
 * The set behind "meta l4proto { tcp, udp }": without a name of its own, known
 * by its id in this transaction, gone with its rule. 0 when out of room. Ports
 * have a named set instead: the kernel takes long to name many of these.
 */
static uint32_t put_protocols(struct batch *b, const struct layout_jail *jail)
{
	struct nlmsghdr *m = batch_open(b, NFT_MSG_NEWSET, NLM_F_CREATE, 0);
	struct nftnl_set *set = m ? nftnl_set_alloc() : NULL;
	uint32_t id = (uint32_t)b->count + 1;
	struct nlattr *list;

	if (!set) {
		if (!b->error)
			b->error = -ENOMEM;
		return 0;
	}
	nftnl_set_set_u32(set, NFTNL_SET_FAMILY, NFPROTO_INET);
	nftnl_set_set_str(set, NFTNL_SET_TABLE, NFT_TABLE);
	nftnl_set_set_str(set, NFTNL_SET_NAME, "__set%d");
	nftnl_set_set_u32(
		set, NFTNL_SET_FLAGS, NFT_SET_ANONYMOUS | NFT_SET_CONSTANT);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, TYPE_INET_PROTOCOL);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, 1);
	nftnl_set_set_u32(set, NFTNL_SET_ID, id);
	nftnl_set_set_u32(set, NFTNL_SET_DESC_SIZE, jail->n_protocols);
	set_put_byte_order(set);
	nftnl_set_nlmsg_build_payload(m, set);
	nftnl_set_free(set);
	batch_close(b, m);
	m = batch_open(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE, 0);
	if (!m)
		return 0;
	mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE);
	mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_SET, "__set%d");
	mnl_attr_put_u32(m, NFTA_SET_ELEM_LIST_SET_ID, htonl(id));
	list = mnl_attr_nest_start(m, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (size_t i = 0; i < jail->n_protocols; i++)
		element_put_key(m, &jail->protocols[i], 1, 0, 0);
	mnl_attr_nest_end(m, list);
	batch_close(b, m);
	return id;
}

/* meta l4proto tcp; meta l4proto { tcp, udp } */
static bool add_protocols(struct batch *b, struct nftnl_rule *rule,
	const struct layout_jail *jail)
{
	if (jail->n_protocols == 0)
		return true;
	if (!add_meta(rule, NFT_META_L4PROTO))
		return false;
	if (jail->n_protocols == 1)
		return add_cmp(rule, NFT_CMP_EQ, jail->protocols, 1);
	return add_lookup(rule, "__set%d", put_protocols(b, jail));
}

/* tcp dport 25; tcp dport 143-145; th dport @port-J */
static bool add_ports(struct nftnl_rule *rule, const struct layout_jail *jail)
{
	uint16_t first, last;
	char name[SET_NAME];

	if (jail->n_ports == 0)
		return true;
	first = htons(jail->ports[0].first);
	last = htons(jail->ports[0].last);
	if (!add_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, TH_DPORT, 2))
		return false;
	if (jail->n_ports > 1)
		return add_lookup(
			rule, set_name(name, SET_PORT, jail->name), 0);
	if (first == last)
		return add_cmp(rule, NFT_CMP_EQ, &first, 2);
	return add_cmp(rule, NFT_CMP_GTE, &first, 2) &&
	       add_cmp(rule, NFT_CMP_LTE, &last, 2);
}

/* The finished rule's message; ok tells that the rule is whole. */
static void put_rule(struct batch *b, struct nftnl_rule *rule, bool ok)
{
	struct nlmsghdr *m = ok ? batch_open(b, NFT_MSG_NEWRULE,
					  NLM_F_CREATE | NLM_F_APPEND, 0)
				: NULL;

	if (!m) {
		if (!b->error)
			b->error = -ENOMEM;
		return;
	}
	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, NFT_TABLE);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, RULE_CHAIN);
	nftnl_rule_nlmsg_build_payload(m, rule);
	batch_close(b, m);
}

/*
 * nft add rule inet mailban input ip saddr @allow4 return
 * nft add rule inet mailban input ip6 saddr @allow6 return
 */
void rule_put_allow(struct batch *b, enum set_kind kind)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	char name[SET_NAME];
	bool ok;

	ok = rule && add_source(rule, kind, set_name(name, kind, "")) &&
	     add_verdict(rule, NFT_RETURN);
	put_rule(b, rule, ok);
	if (rule)
		nftnl_rule_free(rule);
}

/*
 * nft add rule inet mailban input ip saddr @ban4-J
 *	tcp dport @port-J counter drop
 * or, with one port or range:	tcp dport 25, tcp dport 1000-2000
 * or, with two protocols:	meta l4proto { tcp, udp } th dport @port-J
 * or, with no ports:		meta l4proto tcp
 */
void rule_put_drop(
	struct batch *b, enum set_kind kind, const struct layout_jail *jail)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	char name[SET_NAME];
	bool ok;

	ok = rule && add_source(rule, kind, set_name(name, kind, jail->name)) &&
	     add_protocols(b, rule, jail) && add_ports(rule, jail) &&
	     add(rule, "counter") && add_verdict(rule, NF_DROP);
	put_rule(b, rule, ok);
	if (rule)
		nftnl_rule_free(rule);
}
