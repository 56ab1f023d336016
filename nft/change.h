/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_NFT_CHANGE_H
#define MAILBAN_NFT_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/hash.h"
#include "lib/layout.h"
#include "lib/slots.h"
#include "nft/element.h"

struct batch;
struct nft_socket;

/* One address or prefix to be put into its jail's set or taken out of it. */
struct change_entry {
	struct element element;
	uint32_t jail; /* index in the layout */
	bool refresh;  /* its time counts anew if it is in already */
	bool rush;     /* a host, of the jail's rush set */
	bool held;     /* it is in already: unless refresh, left out */
	int error; /* 0 or -errno; one that has it at the start is left out */
	int32_t same_as; /* within: a later entry that stands for this one */
	int32_t next;	 /* within: the next of the same set */
};

/*
 * Changes gathered for one transaction. One bad element must not undo the
 * others: it is found by the kernel's answer, marked, and the rest is
 * committed without it.
 */
struct change {
	struct change_entry *entries;
	size_t n, room;
	struct element *elements; /* within: in the order of the messages */
	uint32_t *origins;	  /* within: the entry of each element */
	size_t placed;		  /* within: how many elements */
	struct slots slots;	  /* within: to find twins */
	struct hash_seed seed;	  /* within: for that */
	uint64_t transactions, retries; /* counted over its life */
};

enum change_verb {
	CHANGE_ADD,
	CHANGE_REMOVE,
	CHANGE_MOVE, /* of rush entries: out of their set, and into the ban set
		      * unless refresh; who is not in is refused, -ENOENT */
};

/* For at most room entries; 0 or -ENOMEM. */
int change_init(struct change *c, size_t room);
void change_deinit(struct change *c);
void change_clear(struct change *c);
/* Adds one; there must be room. error: as in change_entry. */
void change_put(struct change *c, const struct change_entry *entry);
/*
 * Commits all. CHANGE_REMOVE of what is not there is no error. 0: entries that
 * were refused have their error set, the others are in force. -errno: the
 * kernel refused it as a whole (-ENOENT: the table or a set is gone), nothing
 * is in force and it can be committed again.
 */
int change_commit(struct change *c, enum change_verb verb, struct nft_socket *s,
	struct batch *b, const struct layout *layout);
/* Gives every entry that has none this error. */
void change_refuse(struct change *c, int error);

#endif
