/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ruleset's generation id: the cheapest way to notice that somebody has
 * changed something. It never tells what.
 */
#include "nft/genid.h"

#include <arpa/inet.h>
#include <errno.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "nft/socket.h"

static int take(const struct nlmsghdr *m, void *context)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, m, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) != NFTA_GEN_ID)
			continue;
		if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
			return -EBADMSG;
		*(uint32_t *)context = ntohl(mnl_attr_get_u32(attr));
	}
	return 0;
}

/* nft monitor shows it as "new generation N" */
int genid_read(struct nft_socket *s, uint32_t *generation)
{
	_Alignas(8) uint8_t buf[NFT_QUESTION];

	*generation = 0;
	return nft_socket_ask(s, nft_socket_question(buf, NFT_MSG_GETGEN, 0),
		take, generation);
}
