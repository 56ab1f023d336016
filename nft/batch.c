/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A transaction's bytes: nothing of it is sent here. A message that does not
 * fit must never be left out in silence, as half a transaction is a wrong one.
 */
#include "nft/batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>

/* After a burst the pages above this go back to the system. */
#define KEEP (1u << 20)

int batch_init(struct batch *b)
{
	*b = (struct batch){0};
	b->bytes = mmap(NULL, BATCH_ROOM, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (b->bytes == MAP_FAILED) {
		b->bytes = NULL;
		return -ENOMEM;
	}
	return 0;
}

void batch_deinit(struct batch *b)
{
	if (b->bytes)
		munmap(b->bytes, BATCH_ROOM);
	free(b->messages);
	*b = (struct batch){0};
}

static struct nlmsghdr *put_header(
	struct batch *b, uint16_t type, uint8_t family, uint16_t id)
{
	struct nlmsghdr *m = mnl_nlmsg_put_header(b->bytes + b->n);
	struct nfgenmsg *g;

	m->nlmsg_type = type;
	m->nlmsg_flags = NLM_F_REQUEST;
	g = mnl_nlmsg_put_extra_header(m, sizeof(*g));
	g->nfgen_family = family;
	g->version = NFNETLINK_V0;
	g->res_id = htons(id);
	return m;
}

static void add_length(struct batch *b, const struct nlmsghdr *m)
{
	b->n += MNL_ALIGN(m->nlmsg_len);
}

void batch_begin(struct batch *b, uint32_t generation)
{
	struct nlmsghdr *m;

	/* On failure the pages merely stay. */
	if (b->n > KEEP)
		(void)madvise(
			b->bytes + KEEP, BATCH_ROOM - KEEP, MADV_DONTNEED);
	b->n = 0;
	b->count = 0;
	b->error = 0;
	m = put_header(
		b, NFNL_MSG_BATCH_BEGIN, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	/* The kernel takes 0 for none. */
	mnl_attr_put_u32(m, NFNL_BATCH_GENID, htonl(generation));
	add_length(b, m);
}

static struct nlattr *find_generation(const struct batch *b)
{
	return mnl_nlmsg_get_payload_offset(
		(const struct nlmsghdr *)b->bytes, sizeof(struct nfgenmsg));
}

uint32_t batch_generation(const struct batch *b)
{
	return ntohl(mnl_attr_get_u32(find_generation(b)));
}

void batch_require(struct batch *b, uint32_t generation)
{
	uint32_t value = htonl(generation);

	memcpy(mnl_attr_get_payload(find_generation(b)), &value, sizeof(value));
}

struct nlmsghdr *batch_open(
	struct batch *b, uint16_t type, uint16_t flags, uint32_t tag)
{
	struct nlmsghdr *m;

	if (b->error)
		return NULL;
	if (BATCH_ROOM - b->n < 2 * BATCH_MESSAGE_MOST) {
		b->error = -EMSGSIZE;
		return NULL;
	}
	if (b->count == b->room) {
		size_t room = b->room ? b->room * 2 : 64;
		struct batch_message *messages =
			reallocarray(b->messages, room, sizeof(*messages));

		if (!messages) {
			b->error = -ENOMEM;
			return NULL;
		}
		b->messages = messages;
		b->room = room;
	}
	b->messages[b->count].at = b->n;
	b->messages[b->count].tag = tag;
	m = put_header(b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
		NFPROTO_INET, 0);
	m->nlmsg_flags |= flags;
	return m;
}

void batch_close(struct batch *b, struct nlmsghdr *message)
{
	add_length(b, message);
	b->count++;
}

void batch_end(struct batch *b, uint32_t seq)
{
	struct nlmsghdr *m = (struct nlmsghdr *)b->bytes;

	b->seq = seq;
	m->nlmsg_seq = seq - 1;
	for (size_t i = 0; i < b->count; i++) {
		m = (struct nlmsghdr *)(b->bytes + b->messages[i].at);
		m->nlmsg_seq = seq + (uint32_t)i;
		if (i + 1 == b->count)
			m->nlmsg_flags |= NLM_F_ACK;
	}
	m = put_header(b, NFNL_MSG_BATCH_END, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	m->nlmsg_seq = seq + (uint32_t)b->count;
	add_length(b, m);
}

const struct nlmsghdr *batch_message_by_seq(
	const struct batch *b, uint32_t seq, uint32_t *tag)
{
	uint32_t i = seq - b->seq;

	if (i >= b->count)
		return NULL;
	if (tag)
		*tag = b->messages[i].tag;
	return (const struct nlmsghdr *)(b->bytes + b->messages[i].at);
}
