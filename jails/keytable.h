/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_KEYTABLE_H
#define MAILBAN_JAILS_KEYTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash_seed;

/*
 * Records of one fixed size, found by the key that each begins with. They lie
 * side by side in order of no meaning: removing one moves the last into its
 * place. The index is keyed by a secret, since attackers choose the keys
 * (they are addresses), and costs 5 to 11 bytes a record beside the record's
 * own size; memory is taken by doubling and is the kernel's until touched.
 */
struct keytable;

#define KEYTABLE_NONE UINT32_MAX
#define KEYTABLE_KEY_LEAST 8
#define KEYTABLE_KEY_MOST 32

/*
 * For at most `most` records (1 to 2^28) of size bytes (a multiple of 4), of
 * which the first key_size (a multiple of 4, 8 to 32) are the key. NULL with
 * errno if there is no memory.
 */
struct keytable *keytable_new(uint32_t size, uint32_t key_size, uint32_t most,
	const struct hash_seed *seed);
void keytable_free(struct keytable **table);

uint32_t keytable_count(const struct keytable *table);
uint32_t keytable_most(const struct keytable *table);
/* Bytes of address space taken, resident or not. */
size_t keytable_memory(const struct keytable *table);

/* Where the record with this key stands, or KEYTABLE_NONE. */
uint32_t keytable_find(const struct keytable *table, const void *key);
/*
 * A key's hash, the same in all tables that have one seed and one size of key:
 * for who looks it up in several of them, or more than once.
 */
uint32_t keytable_hash(
	const struct hash_seed *seed, const void *key, uint32_t key_size);
uint32_t keytable_find_hashed(
	const struct keytable *table, const void *key, uint32_t hash);
/*
 * For who will look a key up after some other work: the first begins to bring
 * near what the find reads first; the second, some work later, does so with the
 * record. Neither changes anything.
 */
void keytable_expect(const struct keytable *table, uint32_t hash);
void keytable_near(const struct keytable *table, uint32_t hash);
/*
 * Adds a record with this key, which must not be in; the rest of it is zero.
 * Where it stands, or KEYTABLE_NONE if the table is full or memory is short.
 * Pointers from keytable_at are stale afterwards.
 */
uint32_t keytable_add(struct keytable *table, const void *key);
uint32_t keytable_add_hashed(
	struct keytable *table, const void *key, uint32_t hash);
/*
 * Removes the record at this place. The last record, if it is another, is
 * now here: true. Pointers from keytable_at are stale afterwards.
 */
bool keytable_remove(struct keytable *table, uint32_t at);
/* The record at a place below keytable_count. */
void *keytable_at(const struct keytable *table, uint32_t at);

/* When a record was last of use, in the user's own time. */
typedef int64_t keytable_when_fn(const void *context, const void *record);

/*
 * Two walks with the same hand, which goes round over all records: it is the
 * user's, 0 at first, and no record is overlooked for long.
 *
 * Removes the one of the next sixteen whose time is the earliest; false if
 * there is none.
 */
bool keytable_evict(struct keytable *table, uint32_t *hand,
	keytable_when_fn *when, const void *context);
/* Looks at the next few, at most `most`, and removes those whose time is before
 * that one. Returns how many. */
uint32_t keytable_expire(struct keytable *table, uint32_t *hand, int64_t before,
	uint32_t most, keytable_when_fn *when, const void *context);

#endif
