/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_NFT_DUMP_H
#define MAILBAN_NFT_DUMP_H

#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "nft/set.h"

struct mnl_socket;
struct nft_socket;

struct dump_element {
	struct prefix prefix;
	uint64_t timeout;   /* milliseconds as it was given; 0 = for ever */
	uint64_t remaining; /* milliseconds from now; 0 with timeout 0 */
	uint64_t packets, bytes;
};

/* Returns 0, or -errno to end the dump with that. */
typedef int (*dump_fn)(const struct dump_element *e, void *context);

/*
 * Calls fn for each element of the set, in no order. Ranges in an interval set
 * that are no prefix are told as the prefixes that make them up. Costs time
 * by the square of the elements (100,000: 0.3 s).
 * 0, what fn returned, -ENOENT without such a set, -EINTR when the ruleset was
 * changed meanwhile: then elements may be missing or have come twice; or
 * -errno. What fn was told before an error stands.
 */
int dump_set(struct nft_socket *s, enum set_kind kind, const char *set,
	dump_fn fn, void *context);

/*
 * The same of a set of hosts (no intervals) that is not large: 0, or -errno as
 * above, -EFBIG if it holds more than most elements, and costs no more than
 * those. *asked, NULL at first, is the caller's socket for the next question:
 * to close one after a transaction, the kernel waits until all that was deleted
 * is gone, 10 ms and more. So it is closed only after an error.
 */
int dump_some(struct mnl_socket **asked, enum set_kind kind, const char *set,
	size_t most, dump_fn fn, void *context);
void dump_asked_close(struct mnl_socket **asked);

#endif
