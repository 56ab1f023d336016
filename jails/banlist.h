/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_BANLIST_H
#define MAILBAN_JAILS_BANLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

struct hash_seed;

/*
 * The bans in force: what should be in the kernel. Found by jail and address
 * or prefix, ordered by their end. Times are seconds since 1970 UTC. Below 64
 * bytes a ban, all in.
 */
struct banlist;

/* The end of a ban without one. */
#define BAN_FOREVER INT64_MAX

struct ban {
	struct prefix who;
	uint16_t jail;	 /* the caller's number of it */
	uint16_t reason; /* the caller's too */
	uint32_t count;	 /* the how manieth of this address, from 1 */
	int64_t start, end;
};

/* For at most `most` bans (up to 2^28) of jails below `jails`. NULL, errno. */
struct banlist *banlist_new(
	uint32_t most, uint16_t jails, const struct hash_seed *seed);
void banlist_free(struct banlist **list);

enum banlist_added {
	BANLIST_NEW,
	BANLIST_RENEWED, /* was in; start, end and count are the new ones now */
	BANLIST_FULL,	 /* not added: at the cap, or no memory */
};

/* jail must be below jails. */
enum banlist_added banlist_add(struct banlist *list, const struct ban *ban);
/* The ban of exactly this prefix in this jail into *out (may be NULL). */
bool banlist_find(const struct banlist *list, const struct prefix *who,
	uint16_t jail, struct ban *out);
/* Removes it; *out (may be NULL) is what it was. False if it is not in. */
bool banlist_remove(struct banlist *list, const struct prefix *who,
	uint16_t jail, struct ban *out);

/* The earliest end, or BAN_FOREVER if no ban ends. */
int64_t banlist_next_end(const struct banlist *list);
/*
 * Removes the bans whose end is at or before now, earliest first, at most
 * `most`, and calls fn (may be NULL) with each, already removed: it may add
 * and remove bans. Returns how many.
 */
typedef void banlist_fn(void *context, const struct ban *ban);
uint32_t banlist_expire(struct banlist *list, int64_t now, uint32_t most,
	banlist_fn *fn, void *context);

/* Bans in force, of all jails or one; bans that BANLIST_FULL kept out;
 * bytes of memory. */
uint32_t banlist_size(const struct banlist *list);
uint32_t banlist_size_of(const struct banlist *list, uint16_t jail);
uint64_t banlist_refused(const struct banlist *list);
size_t banlist_memory(const struct banlist *list);

/* Calls fn with each ban of the jail, or of all with BANLIST_ALL, in no
 * order. fn must not change the list. */
#define BANLIST_ALL UINT16_MAX
void banlist_each(const struct banlist *list, uint16_t jail, banlist_fn *fn,
	void *context);

#endif
