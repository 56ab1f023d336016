/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_HEAVY_H
#define MAILBAN_ALARMS_HEAVY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEAVY_SLOTS 256
#define HEAVY_NAME 72 /* with the NUL */

/* Who is named most often among any number of names; all zero at the start. */
struct heavy {
	struct heavy_slot {
		uint32_t n, hash; /* n 0: free */
		char name[HEAVY_NAME];
	} slots[HEAVY_SLOTS];
};

/*
 * Counts a name of n bytes, cut to HEAVY_NAME - 1; what is not printable ASCII,
 * and '<', '>', '"', '|' and '\\', is kept as '?'. Who has more than one in
 * HEAVY_SLOTS of all names is in the table in the end, however many others
 * there are; with more names than that a count may be too low by that share.
 */
void heavy_add(struct heavy *heavy, const char *name, size_t n);
/* Is this what a name may hold, once it is kept? */
bool heavy_is_kept(const char *name);
/* Sorts it, the most first, and free slots last; it is done with then. */
void heavy_sort(struct heavy *heavy);

#endif
