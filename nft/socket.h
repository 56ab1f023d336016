/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_NFT_SOCKET_H
#define MAILBAN_NFT_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch;
struct nlmsghdr;

/* Room for any name of a set or table (NFT_NAME_MAXLEN of the kernel). */
#define NFT_NAME 256

/* A netlink socket to nf_tables of this network namespace. */
struct nft_socket;

/* What the kernel refused first in a transaction. */
struct nft_fault {
	uint32_t seq;	/* of the message; 0 = the transaction as a whole */
	size_t offset;	/* of the attribute in that message; 0 = not told */
	char text[120]; /* the kernel's words, often none */
};

/* 0 or -errno; needs CAP_NET_ADMIN over the namespace for the buffers. */
int nft_socket_open(struct nft_socket **out);
void nft_socket_close(struct nft_socket **s);

/*
 * Sends what was built since batch_begin and takes the kernel's answer, which
 * is there when the send returns. 0: all of it is in force. Else the first
 * error, nothing took place, and *fault tells where (may be NULL). -EIO if the
 * kernel said nothing, -ENOBUFS if its answer was lost: then it is not known
 * whether it took place. An empty batch is 0 and not sent.
 */
int nft_socket_commit(
	struct nft_socket *s, struct batch *b, struct nft_fault *fault);
/*
 * How often others were seen to change the ruleset, of this table or of any,
 * since the socket was opened; wraps. Asks the kernel: 0 or -errno. It is one
 * short question, and each commit asks it too.
 */
int nft_socket_look(struct nft_socket *s, uint32_t *foreign);

/*
 * True of errors that pass: what was not sent, or answered to nobody, may be
 * tried again at once by whoever can do it twice.
 */
bool nft_socket_passes(int error);

/* What a dump's end tells: 0, or -errno if it broke off. */
int nft_socket_done(const struct nlmsghdr *done);

/*
 * A question or a dump: calls fn for each message of the answer. fn returns
 * 0, or -errno to end it. 0, -errno of the kernel or of fn, or -EINTR when
 * the ruleset changed while it was dumped and the answer may have holes.
 */
typedef int (*nft_answer_fn)(const struct nlmsghdr *message, void *context);
int nft_socket_ask(struct nft_socket *s, struct nlmsghdr *question,
	nft_answer_fn fn, void *context);

/*
 * Writes at buf (room for NFT_QUESTION bytes) the header of an NFT_MSG_GET...
 * request about our family.
 */
#define NFT_QUESTION 1024
struct nlmsghdr *nft_socket_question(void *buf, uint16_t type, uint16_t flags);

#endif
