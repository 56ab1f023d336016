/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_NFT_RULE_H
#define MAILBAN_NFT_RULE_H

#include "nft/set.h"

/* The one chain of our table. */
#define RULE_CHAIN "input"

/*
 * Puts into the batch, at the chain's end, the rule by which the allow set of
 * this kind lets a packet past our drops.
 */
void rule_put_allow(struct batch *b, enum set_kind kind);
/*
 * The rule that drops packets of who is in this kind of set of the jail, for
 * the jail's protocols and ports (joined: see layout_ports_join).
 */
void rule_put_drop(
	struct batch *b, enum set_kind kind, const struct layout_jail *jail);

#endif
