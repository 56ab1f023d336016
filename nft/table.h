/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_NFT_TABLE_H
#define MAILBAN_NFT_TABLE_H

#include <stdbool.h>

#include "lib/layout.h"
#include "nft/socket.h"

struct batch;

/* What there is to tell of a layout. */
struct table_news {
	struct nft_fault fault; /* when it failed */
	/* One that is not wanted any more, in use by a rule of others, or "":
	 * it was emptied and left. */
	char in_use[NFT_NAME];
};

/*
 * Makes the kernel's table be that of the layout, in one transaction: sets
 * that are there as wanted stay with their elements, sets of jails that are
 * gone are removed, those that are missing or other than wanted are made
 * anew, and the chain's rules are replaced. kept[i] (layout->n of them, may be
 * NULL) tells for jail i that all six of its sets were there and stayed.
 * The layout must be valid, its ports joined. Can be called again at any time.
 * 0 or -errno (-EBUSY: a rule of others uses a set that had to be made anew);
 * then nothing has changed. *news tells more (may be NULL).
 */
int table_apply(struct nft_socket *s, struct batch *b,
	const struct layout *layout, bool *kept, struct table_news *news);

/* Removes the table with all that is in it; 0 also if there is none. */
int table_remove(struct nft_socket *s, struct batch *b);

#endif
