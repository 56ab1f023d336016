/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_TABLE_H
#define MAILBAN_JAILS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Records of one fixed size, found by the key that each begins with. They lie
 * side by side in order of no meaning: removing one moves the last into its
 * place. The index is keyed by a secret, since attackers choose the keys
 * (they are addresses), and costs 5 to 11 bytes a record beside the record's
 * own size; memory is taken by doubling and is the kernel's until touched.
 */
struct table;

#define TABLE_NONE UINT32_MAX
#define TABLE_KEY_MOST 32

/* A secret for the index: random at start, fixed in tests. */
struct table_seed {
	uint64_t k0, k1;
};

/*
 * For at most `most` records (1 to 2^28) of size bytes (a multiple of 4), of
 * which the first key_size (a multiple of 4) are the key. NULL with errno if
 * there is no memory.
 */
struct table *table_new(uint32_t size, uint32_t key_size, uint32_t most,
	const struct table_seed *seed);
void table_free(struct table **table);

uint32_t table_count(const struct table *table);
uint32_t table_most(const struct table *table);
/* Bytes of address space taken, resident or not. */
size_t table_memory(const struct table *table);

/* Where the record with this key stands, or TABLE_NONE. */
uint32_t table_find(const struct table *table, const void *key);
/*
 * Adds a record with this key, which must not be in; the rest of it is zero.
 * Where it stands, or TABLE_NONE if the table is full or memory is short.
 * Pointers from table_at are stale afterwards.
 */
uint32_t table_add(struct table *table, const void *key);
/*
 * Removes the record at this place. The last record, if it is another, is
 * now here: true. Pointers from table_at are stale afterwards.
 */
bool table_remove(struct table *table, uint32_t at);
/* The record at a place below table_count. */
void *table_at(const struct table *table, uint32_t at);

#endif
