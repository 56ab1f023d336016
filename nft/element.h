/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_NFT_ELEMENT_H
#define MAILBAN_NFT_ELEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "nft/set.h"

struct batch;
struct nft_fault;
struct nlmsghdr;

struct element {
	struct prefix prefix; /* of the set's family; a host for ban sets */
	uint64_t timeout;     /* milliseconds; 0 = for ever */
	uint64_t remaining;   /* of these, for a host; 0 = all */
};

/*
 * Elements of one transaction at most: more are slower again, and keep the
 * ruleset's lock for longer (measured).
 */
#define ELEMENT_BATCH_MOST 16000u

/*
 * Puts n elements into the batch for the set, in as many messages as needed.
 * The tag of each message is tag + the index of its first element.
 */
void element_put_add(struct batch *b, enum set_kind kind, const char *set,
	const struct element *e, size_t n, uint32_t tag);
/* The same, and one that is there already fails the transaction: -EEXIST. */
void element_put_new(struct batch *b, enum set_kind kind, const char *set,
	const struct element *e, size_t n, uint32_t tag);
void element_put_delete(struct batch *b, enum set_kind kind, const char *set,
	const struct element *e, size_t n, uint32_t tag);

/* Puts the jail's ports (joined) into its port set, which is empty. */
void element_put_ports(struct batch *b, const struct layout_jail *jail);

/*
 * After a commit that failed: true if the kernel blamed one element; *tag is
 * then the tag of that element (the tag given to element_put_... + its
 * index). Kernels before 6.0 do not tell.
 */
bool element_of_fault(
	const struct batch *b, const struct nft_fault *fault, uint32_t *tag);

/* One NFTA_LIST_ELEM with a key of n bytes, into the open list of message m. */
void element_put_key(struct nlmsghdr *m, const void *key, size_t n,
	uint64_t timeout, uint32_t flags);

#endif
