/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SipHash-1-3. Where strangers choose the keys it is keyed by a secret, so that
 * no choice of addresses or names makes a table slow; hash_plain() is for all
 * else.
 */
#include "lib/hash.h"

#include <string.h>

#include "lib/word.h"

static inline uint64_t turn(uint64_t v, int bits)
{
	return v << bits | v >> (64 - bits);
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = turn(v[1], 13) ^ v[0];
	v[0] = turn(v[0], 32);
	v[2] += v[3];
	v[3] = turn(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = turn(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = turn(v[1], 17) ^ v[2];
	v[2] = turn(v[2], 32);
}

static inline void sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

/* SipHash-1-3 (Aumasson, Bernstein 2012). */
uint64_t hash_bytes(const struct hash_seed *seed, const void *bytes, size_t n)
{
	uint64_t v[4] = {
		seed->k0 ^ 0x736f6d6570736575,
		seed->k1 ^ 0x646f72616e646f6d,
		seed->k0 ^ 0x6c7967656e657261,
		seed->k1 ^ 0x7465646279746573,
	};
	uint64_t rest = 0;
	size_t at = 0;

	for (; at + 8 <= n; at += 8) {
		uint64_t word;

		memcpy(&word, (const char *)bytes + at, 8);
		sip_word(v, word);
	}
	/* Of nothing there need not be an address. */
	if (at < n && at > 0)
		rest = word_last(word_at((const char *)bytes + n - 8), n - at);
	else if (at < n)
		memcpy(&rest, bytes, n);
	sip_word(v, (uint64_t)n << 56 | rest);
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t hash_plain(const void *bytes, size_t n)
{
	static const struct hash_seed none;

	return hash_bytes(&none, bytes, n);
}
