/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_NFT_BATCH_H
#define MAILBAN_NFT_BATCH_H

#include <stddef.h>
#include <stdint.h>

struct nlmsghdr;

/* The table that all is about; family inet. */
#define NFT_TABLE "mailban"

/* Bytes of one transaction at most, and of one message. */
#define BATCH_ROOM (16u << 20)
#define BATCH_MESSAGE_MOST (66u << 10)

/* Where a message stands, so that an error finds its way back. */
struct batch_message {
	size_t at;
	uint32_t tag; /* the caller's, e.g. the index of its first element */
};

/*
 * One transaction while it is built: all of it takes place in the kernel or
 * nothing (NFNL_MSG_BATCH_BEGIN to _END). Messages are numbered from seq on.
 * What does not fit sets error and is left out; a batch with an error is
 * never sent.
 */
struct batch {
	uint8_t *bytes; /* BATCH_ROOM of address space, used as needed */
	size_t n;
	uint32_t seq; /* of the first message; the begin has seq - 1 */
	struct batch_message *messages;
	size_t count, room;
	int error; /* 0, -EMSGSIZE or -ENOMEM */
};

/* 0 or -ENOMEM; deinit may follow either way. */
int batch_init(struct batch *b);
void batch_deinit(struct batch *b);

/*
 * Begins anew. generation: the kernel refuses the whole (-ERESTART) unless
 * the ruleset still has this id; 0 = whatever it is.
 */
void batch_begin(struct batch *b, uint32_t generation);
/* What batch_begin was given, and another one in its place. */
uint32_t batch_generation(const struct batch *b);
void batch_require(struct batch *b, uint32_t generation);
/*
 * A message of this NFT_MSG_ type with its inet header in place, or NULL when
 * there is no room (error is then set). Attributes are put on it, at most
 * BATCH_MESSAGE_MOST bytes in all, then batch_close. The pointer is dead after
 * that.
 */
struct nlmsghdr *batch_open(
	struct batch *b, uint16_t type, uint16_t flags, uint32_t tag);
void batch_close(struct batch *b, struct nlmsghdr *message);
/* Numbers the messages from seq, asks an answer of the last, adds the end. */
void batch_end(struct batch *b, uint32_t seq);
/* The message with this number, or NULL: an answer to something else. */
const struct nlmsghdr *batch_message_by_seq(
	const struct batch *b, uint32_t seq, uint32_t *tag);

#endif
