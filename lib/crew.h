/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_CREW_H
#define MAILBAN_LIB_CREW_H

#include <stdbool.h>
#include <stddef.h>

/* So many threads at most, and items for them. */
#define CREW_MOST 4
#define CREW_ITEMS (CREW_MOST + 2)

/*
 * Work that comes one after the other, is done by whoever has time, and is put
 * together in the order in which it came.
 */
struct crew_work {
	/* Fills an item; false at the end. By one at a time, in order. */
	bool (*fill)(void *ctx, void *item);
	/* Does what needs nothing but the item; by any thread. */
	void (*work)(void *ctx, void *item);
	/* Takes what came of it; in order, and by the caller's thread. */
	void (*finish)(void *ctx, void *item);
};

/* How many items are of use here: one where there is but one processor. */
size_t crew_items(void);
/*
 * Does it all, with n items (1 to CREW_ITEMS) that are filled again and again.
 * With one of them, and as long as there is little to do, no thread is started;
 * what comes of it is the same. None is left when it returns.
 */
void crew_run(
	const struct crew_work *work, void *ctx, void *const items[], size_t n);

#endif
