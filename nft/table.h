/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_NFT_TABLE_H
#define MAILBAN_NFT_TABLE_H

#include <stdbool.h>

#include "lib/layout.h"

struct batch;
struct nft_fault;
struct nft_socket;

/*
 * Makes the kernel's table be that of the layout, in one transaction: sets
 * that are there as wanted stay with their elements, sets of jails that are
 * gone are removed, those that are missing or other than wanted are made
 * anew, and the chain's rules are replaced. kept[i] (layout->n of them, may be
 * NULL) tells for jail i that all six of its sets were there and stayed.
 * The layout must be valid, its ports joined. Can be called again at any time.
 * 0 or -errno; then nothing has changed, and *fault tells more (may be NULL).
 */
int table_apply(struct nft_socket *s, struct batch *b,
	const struct layout *layout, bool *kept, struct nft_fault *fault);

/* Removes the table with all that is in it; 0 also if there is none. */
int table_remove(struct nft_socket *s, struct batch *b);

#endif
