/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our table as a whole: looks at what the kernel has, then turns it into what
 * the layout wants. Looking and changing are tied together by the ruleset's
 * generation: if somebody changes anything in between, it is all done again.
 * Bans that stand must never be lost by this, and no packet may meet half a
 * chain.
 */
#include "nft/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <libnftnl/chain.h>
#include <libnftnl/set.h>

#include "nft/batch.h"
#include "nft/element.h"
#include "nft/genid.h"
#include "nft/rule.h"
#include "nft/set.h"
#include "nft/socket.h"

#define PRIORITY -10 /* "filter - 10": before the admin's own filter chains */
#define TRIES 5
/* Sets that others use; more are left for the error that they are. */
#define IN_USE_MOST 64

/* A set of the wanted table, and whether the kernel has it. */
struct wanted {
	char name[SET_NAME];
	enum set_kind kind;
	uint32_t elements;
	bool there;
};

/* One look at the kernel, sorted by name for the way back to the jails. */
struct look {
	struct wanted *wanted;
	size_t n;
	bool chain_there, chain_same;
	struct batch *b; /* takes the deletes of sets that are not wanted */
	char in_use[IN_USE_MOST][NFT_NAME]; /* of those: they stay */
	size_t n_in_use;
};

static int compare_wanted(const void *a, const void *b)
{
	return strcmp(((const struct wanted *)a)->name,
		((const struct wanted *)b)->name);
}

static int look_init(struct look *look, const struct layout *layout)
{
	static const enum set_kind shared[] = {SET_ALLOW4, SET_ALLOW6};
	struct wanted *w;

	look->wanted = calloc(layout->n * SET_KINDS + 2, sizeof(*look->wanted));
	if (!look->wanted)
		return -ENOMEM;
	w = look->wanted;
	for (size_t i = 0; i < 2; i++, w++) {
		w->kind = shared[i];
		set_name(w->name, w->kind, "");
	}
	for (size_t i = 0; i < layout->n; i++) {
		for (int k = 0; k < SET_JAIL_KINDS; k++, w++) {
			w->kind = (enum set_kind)k;
			w->elements = layout->jails[i].elements;
			set_name(w->name, w->kind, layout->jails[i].name);
		}
		if (layout->jails[i].n_ports > 1) {
			w->kind = SET_PORT;
			set_name(w->name, w->kind, layout->jails[i].name);
			w++;
		}
	}
	look->n = (size_t)(w - look->wanted);
	qsort(look->wanted, look->n, sizeof(*look->wanted), compare_wanted);
	return 0;
}

static struct wanted *find(struct look *look, const char *name)
{
	struct wanted key;

	if (strlen(name) >= sizeof(key.name))
		return NULL;
	strcpy(key.name, name);
	return bsearch(
		&key, look->wanted, look->n, sizeof(key), compare_wanted);
}

static bool is_in_use(const struct look *look, const char *name)
{
	for (size_t i = 0; i < look->n_in_use; i++)
		if (strcmp(look->in_use[i], name) == 0)
			return true;
	return false;
}

/* A set that is there: wanted as it is, or to be deleted. Anonymous ones go
 * with their rules. */
static int take_set(const struct nlmsghdr *m, void *context)
{
	struct look *look = context;
	struct nftnl_set *set = nftnl_set_alloc();
	const char *name, *table;
	struct wanted *w;

	if (!set)
		return -ENOMEM;
	if (nftnl_set_nlmsg_parse(m, set) < 0) {
		nftnl_set_free(set);
		return -EBADMSG;
	}
	name = nftnl_set_get_str(set, NFTNL_SET_NAME);
	table = nftnl_set_get_str(set, NFTNL_SET_TABLE);
	if (name && table && strcmp(table, NFT_TABLE) == 0 &&
		!(nftnl_set_get_u32(set, NFTNL_SET_FLAGS) &
			NFT_SET_ANONYMOUS)) {
		w = find(look, name);
		if (w && set_is_same(set, w->kind, w->elements))
			w->there = true;
		else if (is_in_use(look, name))
			set_put_flush(look->b, name);
		else
			set_put_delete(look->b, name);
	}
	nftnl_set_free(set);
	return 0;
}

static int take_chain(const struct nlmsghdr *m, void *context)
{
	struct look *look = context;
	struct nftnl_chain *c = nftnl_chain_alloc();
	const char *type;

	if (!c)
		return -ENOMEM;
	if (nftnl_chain_nlmsg_parse(m, c) < 0) {
		nftnl_chain_free(c);
		return -EBADMSG;
	}
	look->chain_there = true;
	type = nftnl_chain_get_str(c, NFTNL_CHAIN_TYPE);
	look->chain_same =
		nftnl_chain_is_set(c, NFTNL_CHAIN_HOOKNUM) && type &&
		strcmp(type, "filter") == 0 &&
		nftnl_chain_get_u32(c, NFTNL_CHAIN_HOOKNUM) ==
			NF_INET_LOCAL_IN &&
		nftnl_chain_get_s32(c, NFTNL_CHAIN_PRIO) == PRIORITY &&
		nftnl_chain_get_u32(c, NFTNL_CHAIN_POLICY) == NF_ACCEPT;
	nftnl_chain_free(c);
	return 0;
}

/* nft list chain inet mailban input */
static int look_at_chain(struct nft_socket *s, struct look *look)
{
	_Alignas(8) uint8_t buf[NFT_QUESTION];
	struct nlmsghdr *m = nft_socket_question(buf, NFT_MSG_GETCHAIN, 0);
	int rc;

	mnl_attr_put_strz(m, NFTA_CHAIN_TABLE, NFT_TABLE);
	mnl_attr_put_strz(m, NFTA_CHAIN_NAME, RULE_CHAIN);
	rc = nft_socket_ask(s, m, take_chain, look);
	return rc == -ENOENT ? 0 : rc;
}

/* nft list sets table inet mailban */
static int look_at_sets(struct nft_socket *s, struct look *look)
{
	_Alignas(8) uint8_t buf[NFT_QUESTION];
	struct nlmsghdr *m =
		nft_socket_question(buf, NFT_MSG_GETSET, NLM_F_DUMP);
	int rc;

	mnl_attr_put_strz(m, NFTA_SET_TABLE, NFT_TABLE);
	rc = nft_socket_ask(s, m, take_set, look);
	return rc == -ENOENT ? 0 : rc;
}

/* nft add table inet mailban */
static void put_table(struct batch *b)
{
	struct nlmsghdr *m = batch_open(b, NFT_MSG_NEWTABLE, NLM_F_CREATE, 0);

	if (!m)
		return;
	mnl_attr_put_strz(m, NFTA_TABLE_NAME, NFT_TABLE);
	mnl_attr_put_u32(m, NFTA_TABLE_FLAGS, 0);
	batch_close(b, m);
}

/*
 * nft add chain inet mailban input
 *	'{ type filter hook input priority filter - 10; policy accept; }'
 */
static void put_chain(struct batch *b)
{
	struct nlmsghdr *m = batch_open(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE, 0);
	struct nftnl_chain *c = m ? nftnl_chain_alloc() : NULL;

	if (!c) {
		if (!b->error)
			b->error = -ENOMEM;
		return;
	}
	nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, NFT_TABLE);
	nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, RULE_CHAIN);
	nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, "filter");
	nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, NF_INET_LOCAL_IN);
	nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, PRIORITY);
	nftnl_chain_set_u32(c, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	nftnl_chain_nlmsg_build_payload(m, c);
	nftnl_chain_free(c);
	batch_close(b, m);
}

/* nft flush chain inet mailban input */
static void put_chain_flush(struct batch *b)
{
	struct nlmsghdr *m = batch_open(b, NFT_MSG_DELRULE, 0, 0);

	if (!m)
		return;
	mnl_attr_put_strz(m, NFTA_RULE_TABLE, NFT_TABLE);
	mnl_attr_put_strz(m, NFTA_RULE_CHAIN, RULE_CHAIN);
	batch_close(b, m);
}

/* nft delete chain inet mailban input */
static void put_chain_delete(struct batch *b)
{
	struct nlmsghdr *m = batch_open(b, NFT_MSG_DELCHAIN, 0, 0);

	if (!m)
		return;
	mnl_attr_put_strz(m, NFTA_CHAIN_TABLE, NFT_TABLE);
	mnl_attr_put_strz(m, NFTA_CHAIN_NAME, RULE_CHAIN);
	batch_close(b, m);
}

static void put_rules(struct batch *b, const struct layout *layout)
{
	rule_put_allow(b, SET_ALLOW4);
	rule_put_allow(b, SET_ALLOW6);
	for (size_t i = 0; i < layout->n; i++)
		for (int k = 0; k < SET_JAIL_KINDS; k++)
			rule_put_drop(b, (enum set_kind)k, &layout->jails[i]);
}

/*
 * True if what the kernel is too busy for is the removal of a set that nobody
 * needs: a rule of others uses it, so it stays.
 */
static bool leave_in_use(
	struct look *look, const struct batch *b, const struct nft_fault *fault)
{
	const struct nlmsghdr *m = batch_message_by_seq(b, fault->seq, NULL);
	const struct nlattr *attr;
	const char *name = NULL;

	if (!m || (m->nlmsg_type & 0xff) != NFT_MSG_DELSET ||
		look->n_in_use == IN_USE_MOST)
		return false;
	mnl_attr_for_each (attr, m, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(attr) == NFTA_SET_NAME)
			name = mnl_attr_get_str(attr);
	if (!name || find(look, name) || is_in_use(look, name))
		return false;
	snprintf(look->in_use[look->n_in_use++], NFT_NAME, "%s", name);
	return true;
}

/* One try; -ERESTART when the ruleset changed under our eyes. */
static int apply(struct nft_socket *s, struct batch *b, struct look *look,
	const struct layout *layout, struct nft_fault *fault)
{
	uint32_t generation;
	int rc = genid_read(s, &generation);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < look->n; i++)
		look->wanted[i].there = false;
	look->chain_there = look->chain_same = false;
	rc = look_at_chain(s, look);
	if (rc < 0)
		return rc;
	batch_begin(b, generation);
	put_table(b);
	if (look->chain_there)
		put_chain_flush(b);
	if (look->chain_there && !look->chain_same)
		put_chain_delete(b);
	look->b = b;
	rc = look_at_sets(s, look);
	if (rc < 0)
		return rc == -EINTR ? -ERESTART : rc;
	for (size_t i = 0; i < look->n; i++) {
		struct wanted *w = &look->wanted[i];

		if (!w->there)
			set_put_new(b, w->kind, w->name, w->elements);
		else if (w->kind == SET_PORT)
			set_put_flush(b, w->name);
	}
	for (size_t i = 0; i < layout->n; i++)
		if (layout->jails[i].n_ports > 1)
			element_put_ports(b, &layout->jails[i]);
	if (!look->chain_same)
		put_chain(b);
	put_rules(b, layout);
	return nft_socket_commit(s, b, fault);
}

static void tell_kept(
	struct look *look, const struct layout *layout, bool *kept)
{
	char name[SET_NAME];

	for (size_t i = 0; i < layout->n; i++) {
		kept[i] = true;
		for (int k = 0; k < SET_JAIL_KINDS; k++)
			kept[i] &= find(look, set_name(name, (enum set_kind)k,
						      layout->jails[i].name))
					   ->there;
	}
}

static int apply_somehow(struct nft_socket *s, struct batch *b,
	struct look *look, const struct layout *layout, struct nft_fault *fault)
{
	int rc = -EAGAIN;

	for (int i = 0; i < TRIES; i++) {
		do
			rc = apply(s, b, look, layout, fault);
		while (rc == -EBUSY && leave_in_use(look, b, fault));
		if (rc != -ERESTART && !nft_socket_passes(rc))
			break;
	}
	return rc == -ERESTART ? -EAGAIN : rc;
}

int table_apply(struct nft_socket *s, struct batch *b,
	const struct layout *layout, bool *kept, struct table_news *news)
{
	struct look *look = calloc(1, sizeof(*look));
	struct nft_fault fault = {0};
	int rc = look ? look_init(look, layout) : -ENOMEM;

	if (rc == 0)
		rc = apply_somehow(s, b, look, layout, &fault);
	if (rc == 0 && kept)
		tell_kept(look, layout, kept);
	if (news) {
		*news = (struct table_news){.fault = fault};
		if (rc == 0 && look->n_in_use > 0)
			strcpy(news->in_use, look->in_use[0]);
	}
	if (look)
		free(look->wanted);
	free(look);
	return rc;
}

/* nft add table inet mailban; nft delete table inet mailban */
int table_remove(struct nft_socket *s, struct batch *b)
{
	struct nlmsghdr *m;

	batch_begin(b, 0);
	/* Adding it first spares the error when it is not there. */
	put_table(b);
	m = batch_open(b, NFT_MSG_DELTABLE, 0, 0);
	if (m) {
		mnl_attr_put_strz(m, NFTA_TABLE_NAME, NFT_TABLE);
		batch_close(b, m);
	}
	return nft_socket_commit(s, b, NULL);
}
