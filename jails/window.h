/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_WINDOW_H
#define MAILBAN_JAILS_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

struct hash_seed;

/*
 * A jail's failures of late, by address: does this one make maxretry within
 * findtime? Times are the lines' own, in seconds since 1970 UTC, and may come
 * out of order: what counts is every failure of the address not more than
 * findtime before its newest one.
 *
 * Up to maxretry WINDOW_EXACT each failure's time is kept and the answer is
 * exact, at 20 + 4 (maxretry - 1) bytes a tracked address and the table's
 * index: at most 59 bytes for maxretry 8. Above, failures are gathered in steps
 * of an eighth of findtime, and one may count up to such a step too long,
 * never too short.
 */
struct window;

#define WINDOW_EXACT 16

/*
 * For a maxretry of at least 1 and findtime of at least 1 (larger than 68
 * years is cut), at most `most` addresses at a time. NULL with errno.
 */
struct window *window_new(uint32_t maxretry, int64_t findtime, uint32_t most,
	const struct hash_seed *seed);
void window_free(struct window **window);

/*
 * count failures of addr at time. True when they make maxretry: the address
 * is then forgotten. When the window is full, an address whose last failure
 * is among the oldest makes room. Times before 1970 count as 1970.
 */
bool window_add(struct window *window, const struct addr *addr, int64_t time,
	uint32_t count);

/*
 * The same for who has the address's hash, which keytable_hash gives for the
 * window's seed; and for who will do so after some other work: the first brings
 * near what it reads, and so does the second, some work later.
 */
bool window_add_hashed(struct window *window, const struct addr *addr,
	uint32_t hash, int64_t time, uint32_t count);
void window_expect(const struct window *window, uint32_t hash);
void window_near(const struct window *window, uint32_t hash);

/* How many failures of addr are in its window; 0 if it is not tracked. */
uint32_t window_count(const struct window *window, const struct addr *addr);
/* Drops what is known of addr; true if there was something. */
bool window_forget(struct window *window, const struct addr *addr);
/*
 * Looks at the next few addresses, at most `most`, and drops those whose last
 * failure is more than findtime before now. Returns how many it dropped.
 * Called with each batch of lines, it keeps the window small at no pause.
 */
uint32_t window_expire(struct window *window, int64_t now, uint32_t most);

/* Tracked addresses; bytes of memory; addresses pushed out by the cap. */
uint32_t window_size(const struct window *window);
size_t window_memory(const struct window *window);
uint64_t window_evictions(const struct window *window);

/*
 * Calls fn with each address's failures, oldest first, several with one time
 * together; window_add of all of them makes the like window again. fn must
 * not change the window.
 */
typedef void window_fn(
	void *context, const struct addr *addr, int64_t time, uint32_t count);
void window_each(const struct window *window, window_fn *fn, void *context);
/* The same for one address, not at all if it is not tracked. */
void window_each_of(const struct window *window, const struct addr *addr,
	window_fn *fn, void *context);

#endif
