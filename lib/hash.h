/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_HASH_H
#define MAILBAN_LIB_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The secret: random at start, fixed in tests. */
struct hash_seed {
	uint64_t k0, k1;
};

/* Of n bytes, which nobody without the secret can choose to meet others'. */
uint64_t hash_bytes(const struct hash_seed *seed, const void *bytes, size_t n);
/* The same without a secret, so the same in each run: of what strangers do not
 * choose, or gain nothing from. */
uint64_t hash_plain(const void *bytes, size_t n);

#endif
