/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_NFT_SET_H
#define MAILBAN_NFT_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/layout.h"

struct batch;
struct nftnl_set;

/*
 * Our sets: the first six are each jail's, a jail of several ports has a set
 * of these, and the allow sets are the table's. A rush set takes hosts like a
 * ban set, in a third of the time, as they do not count; none stays in it.
 */
enum set_kind {
	SET_BAN4,
	SET_BAN6,
	SET_NET4,
	SET_NET6,
	SET_RUSH4,
	SET_RUSH6,
	SET_PORT,
	SET_ALLOW4,
	SET_ALLOW6,
};
#define SET_KINDS 9
#define SET_JAIL_KINDS 6 /* of addresses */

/* "ban4-" and a jail's name, NUL included; nf_tables itself takes 255. */
#define SET_NAME (LAYOUT_NAME_MOST + 8)

/*
 * Prefixes that each net set may hold. Kernels before 6.13 count both ends of
 * an interval as elements, so the size they are given is twice this.
 */
#define SET_PREFIXES_MOST 65536u

/* Writes the name ("ban4-JAIL", or "allow4": jail is then not used). */
char *set_name(char buf[SET_NAME], enum set_kind kind, const char *jail);
/* Of the kernel's ranges (interval sets) rather than single keys. */
bool set_is_interval(enum set_kind kind);
/* Of IPv4 rather than IPv6 addresses. */
bool set_is_v4(enum set_kind kind);
/* The jail's set where this prefix belongs, and where a host may wait. */
enum set_kind set_kind_of(const struct prefix *p);
enum set_kind set_rush_of(const struct prefix *host);

/*
 * Puts the making of a set into the batch. elements: what a ban set may hold;
 * not used for the other kinds.
 */
void set_put_new(struct batch *b, enum set_kind kind, const char *name,
	uint32_t elements);
/* Removes a set of ours, whatever it holds; no rule may look it up any more. */
void set_put_delete(struct batch *b, const char *name);
/* Empties it. */
void set_put_flush(struct batch *b, const char *name);
/* True if what the kernel lists is what set_put_new would make. */
bool set_is_same(
	const struct nftnl_set *set, enum set_kind kind, uint32_t elements);
/* Marks keys as being in network order, as nft does, so that it lists them so.
 */
void set_put_byte_order(struct nftnl_set *set);

#endif
