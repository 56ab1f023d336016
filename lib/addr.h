/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_ADDR_H
#define MAILBAN_LIB_ADDR_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sockaddr;

/*
 * An address of either family. IPv4 is kept in its mapped form
 * ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), so that one comparison serves both
 * and the two spellings of one host are one address.
 */
struct addr {
	uint8_t ip[16];
};

/* Its first and its last eight bytes, as numbers that are in their order. */
static inline uint64_t addr_first(const struct addr *a)
{
	uint64_t half;

	memcpy(&half, a->ip, sizeof(half));
	return be64toh(half);
}

static inline uint64_t addr_last(const struct addr *a)
{
	uint64_t half;

	memcpy(&half, a->ip + sizeof(half), sizeof(half));
	return be64toh(half);
}

static inline bool addr_equal(const struct addr *a, const struct addr *b)
{
	return memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

/* Below 0, 0 or above, in the order of their bytes. */
static inline int addr_compare(const struct addr *a, const struct addr *b)
{
	uint64_t x = addr_first(a), y = addr_first(b);

	if (x == y) {
		x = addr_last(a);
		y = addr_last(b);
	}
	return (x > y) - (x < y);
}

/* A network: its address with the host bits zero, and a length in bits of
 * the 128-bit form: IPv4's /24 is 96 + 24. */
struct prefix {
	struct addr net;
	uint8_t len;
};

/* Room for any text that addr_format or prefix_format writes, NUL included. */
#define ADDR_TEXT 48
#define PREFIX_TEXT 52

/*
 * Reads the n bytes at text as one address: dotted quad without leading
 * zeroes, or RFC 4291 text, also in brackets. No zone, no port, no blanks.
 * False if it is anything else; *out is then untouched.
 */
bool addr_parse(const char *text, size_t n, struct addr *out);

/* Reads "address" or "address/length"; host bits must be zero or are cut. */
bool prefix_parse(const char *text, size_t n, struct prefix *out);

/* Writes the shortest RFC 5952 text; returns buf. */
char *addr_format(const struct addr *a, char buf[ADDR_TEXT]);
char *prefix_format(const struct prefix *p, char buf[PREFIX_TEXT]);

bool addr_is_v4(const struct addr *a);
/* The bits behind its length, 128 at most, are zero, as they must be. */
bool prefix_is_cut(const struct prefix *p);
/* A single host: /32 of IPv4 or /128. */
bool prefix_is_host(const struct prefix *p);
struct prefix prefix_of(const struct addr *a);
bool prefix_contains(const struct prefix *p, const struct addr *a);
/* True if one of the two holds the other. */
bool prefix_overlaps(const struct prefix *a, const struct prefix *b);
/* Where the address itself stands: 4 bytes for IPv4, 16 for IPv6. */
const uint8_t *addr_bytes(const struct addr *a, size_t *n);
/* From 4 or 16 bytes in network order. */
struct addr addr_from_bytes(const uint8_t *bytes, size_t n);
/* From what getifaddrs(3), getaddrinfo(3) and getsockname(2) give, NULL too;
 * false if it is of another family, *out is then untouched. */
bool addr_from_sockaddr(const struct sockaddr *sa, struct addr *out);
/* Unspecified, loopback, multicast or broadcast: never to be banned. */
bool addr_is_special(const struct addr *a);

#endif
