/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_PREFIXSET_H
#define MAILBAN_LIB_PREFIXSET_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/addr.h"

/*
 * A set of prefixes, asked far more often than changed: the ignore and allow
 * lists. Sorted, non-overlapping; a question is one binary search.
 */
struct prefixset {
	struct prefix *items;
	size_t n, room;
};

void prefixset_init(struct prefixset *set);
void prefixset_deinit(struct prefixset *set);
/* Adds a prefix; what it covers or what covers it is merged. 0 or -ENOMEM. */
int prefixset_add(struct prefixset *set, const struct prefix *p);
/* All of n, which it sorts: one by one, each would move those behind it. */
int prefixset_add_all(struct prefixset *set, struct prefix *all, size_t n);
bool prefixset_has(const struct prefixset *set, const struct addr *a);
/* True if one member holds every address of p. */
bool prefixset_covers(const struct prefixset *set, const struct prefix *p);
/* True if any member shares an address with p. */
bool prefixset_overlaps(const struct prefixset *set, const struct prefix *p);

#endif
