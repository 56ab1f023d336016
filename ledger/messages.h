/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_MESSAGES_H
#define MAILBAN_LEDGER_MESSAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/span.h"
#include "ledger/tally.h"

/*
 * What is known of a message in the queue, by its id. Where none ever goes,
 * what stands behind kept_to is not there.
 */
struct message {
	union {
		struct {
			uint64_t size : 60; /* bytes, if it is sized */
			uint64_t sized : 1, deferred : 1, received : 1, hop : 1;
		};
		/* Until then, whence it came, as a row of clients + 1; 0 = not
		 * known, or counted already. */
		uint64_t client : 60;
	};
	char kept_to[0];
	/* Of its receipt, as when_day: it was counted there, and then. Where
	 * totals alone are counted, the hour since 1970. */
	uint32_t day : 27;
	uint32_t hour : 5;
	uint32_t sender; /* under whom it was counted, a row + 1 */
	union {
		uint32_t domain; /* the same */
		/* With totals alone: what who counts wants to know again of
		 * it; what a content filter gives back has it too. 0 at
		 * first. */
		uint32_t owner;
	};
} __attribute__((packed, aligned(4)));

static inline uint32_t message_client(const struct message *message)
{
	return message->sized ? 0 : (uint32_t)message->client;
}

/* A bit of owner that is the message's alone. */
#define MESSAGE_OWN (UINT32_C(1) << 30)

/*
 * The messages that are open. At most `most` at a time: when there is no room,
 * and when one was not spoken of for age microseconds, the one that has been
 * quiet for longest goes, and is counted; all of this to the minute. With most
 * 0 none ever goes, and no id is too long.
 */
struct messages;

struct messages *messages_new(uint32_t most, int64_t age);
void messages_free(struct messages **messages);
/*
 * The message of that id; made, all zero, if make is set, else NULL if there
 * is none. Lives until the next call. now is the line's time.
 */
struct message *messages_get(
	struct messages *messages, struct span id, bool make, int64_t now);
void messages_remove(struct messages *messages, struct span id);

/*
 * The same for who has the hash of the id already, by the key, which stays the
 * same: anybody may make it, whatever is done to the messages meanwhile.
 */
struct messages_key {
	uint64_t seed;
	size_t id_most; /* bytes of an id that count; 0 = nobody asks */
};
struct messages_key messages_key(const struct messages *messages);
static inline uint64_t messages_hash(struct messages_key key, struct span id)
{
	if (!key.id_most)
		return 0;
	id.n = id.n > key.id_most ? key.id_most : id.n;
	return tally_hash(id, key.seed);
}
struct message *messages_get_by(struct messages *messages, struct span id,
	uint64_t hash, bool make, int64_t now);
void messages_remove_by(
	struct messages *messages, struct span id, uint64_t hash);

/*
 * From now on it is known which are otherwise than when messages_changed was
 * last called. It calls fn for each of them, or for all, and with message NULL
 * for one that went; a place is one message's at a time. seen is when it was
 * last spoken of. One that was told comes back by messages_get.
 */
typedef void (*messages_fn)(void *ctx, uint32_t place, struct span id,
	const struct message *message, int64_t seen);
void messages_watch(struct messages *messages);
void messages_changed(
	struct messages *messages, bool all, messages_fn fn, void *ctx);

/* Each that is open, in no order; fn may change it, for this run alone. */
void messages_each(struct messages *messages,
	void (*fn)(void *ctx, struct span id, struct message *message),
	void *ctx);

/* How many are open. */
uint32_t messages_size(const struct messages *messages);

#endif
