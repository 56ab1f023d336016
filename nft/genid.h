/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_NFT_GENID_H
#define MAILBAN_NFT_GENID_H

#include <stdint.h>

struct nft_socket;

/*
 * The generation of this namespace's whole ruleset: it grows with each
 * transaction, ours or another's, and not when an element expires. 0 or
 * -errno.
 */
int genid_read(struct nft_socket *s, uint32_t *generation);

#endif
