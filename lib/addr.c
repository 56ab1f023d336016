/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses and prefixes: text to bytes and back, and which holds which.
 * The text comes out of log lines, so it is hostile: whatever is not one
 * whole well-formed address is refused, never guessed at or resolved.
 */
#include "lib/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define V4_BITS 96

static const uint8_t v4_head[12] = {[10] = 0xff, [11] = 0xff};

bool addr_is_v4(const struct addr *a)
{
	return memcmp(a->ip, v4_head, sizeof(v4_head)) == 0;
}

struct addr addr_from_bytes(const uint8_t *bytes, size_t n)
{
	struct addr a;

	if (n == 4) {
		memcpy(a.ip, v4_head, sizeof(v4_head));
		memcpy(a.ip + 12, bytes, 4);
	} else {
		memcpy(a.ip, bytes, 16);
	}
	return a;
}

bool addr_from_sockaddr(const struct sockaddr *sa, struct addr *out)
{
	if (sa && sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		*out = addr_from_bytes((const uint8_t *)&in.sin_addr, 4);
		return true;
	}
	if (sa && sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		*out = addr_from_bytes((const uint8_t *)&in6.sin6_addr, 16);
		return true;
	}
	return false;
}

const uint8_t *addr_bytes(const struct addr *a, size_t *n)
{
	if (addr_is_v4(a)) {
		*n = 4;
		return a->ip + 12;
	}
	*n = 16;
	return a->ip;
}

/* Four decimal numbers; a leading zero is refused, as it means octal to
 * some readers and nothing to others. */
static bool parse_v4(const char *s, size_t n, uint8_t out[4])
{
	const char *end = s + n;

	if (n < 7 || n > 15)
		return false;
	for (int part = 0; part < 4; part++) {
		unsigned int v = 0, digit;
		const char *start = s;

		for (; s < end && (digit = (unsigned int)*s - '0') < 10; s++)
			v = v * 10 + digit;
		if (s == start || v > 255 || (s - start > 1 && *start == '0'))
			return false;
		out[part] = (uint8_t)v;
		if (part < 3 && (s == end || *s++ != '.'))
			return false;
	}
	return s == end;
}

bool addr_parse(const char *text, size_t n, struct addr *out)
{
	char copy[INET6_ADDRSTRLEN];
	uint8_t ip[16];

	if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	if (parse_v4(text, n, ip)) {
		*out = addr_from_bytes(ip, 4);
		return true;
	}
	if (n < 2 || n >= sizeof(copy) || memchr(text, '\0', n) ||
		!memchr(text, ':', n))
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	if (inet_pton(AF_INET6, copy, ip) != 1)
		return false;
	*out = addr_from_bytes(ip, 16);
	return true;
}

static void cut_host_bits(struct prefix *p)
{
	for (unsigned int bit = p->len; bit < 128;) {
		if (bit % 8 == 0) {
			p->net.ip[bit / 8] = 0;
			bit += 8;
		} else {
			p->net.ip[bit / 8] &= (uint8_t)(0xff00 >> (bit % 8));
			bit += 8 - bit % 8;
		}
	}
}

bool prefix_parse(const char *text, size_t n, struct prefix *out)
{
	unsigned int len = 0;
	const char *slash;
	size_t head;
	struct prefix p;
	uint8_t ip[4];
	bool v4;

	/* What most are. */
	if (parse_v4(text, n, ip)) {
		*out = (struct prefix){addr_from_bytes(ip, 4), 128};
		return true;
	}
	slash = memchr(text, '/', n);
	head = slash ? (size_t)(slash - text) : n;
	if (!addr_parse(text, head, &p.net))
		return false;
	/* The family is that of the text: ::ffff:0:0/96 is a v6 spelling. */
	v4 = !memchr(text, ':', head);
	if (!slash) {
		len = 128;
	} else {
		size_t digits = n - head - 1;

		if (digits < 1 || digits > 3)
			return false;
		for (const char *c = slash + 1; c < text + n; c++) {
			if (*c < '0' || *c > '9')
				return false;
			len = len * 10 + (unsigned int)(*c - '0');
		}
		if (len > (v4 ? 32 : 128))
			return false;
		if (v4)
			len += V4_BITS;
	}
	p.len = (uint8_t)len;
	cut_host_bits(&p);
	*out = p;
	return true;
}

char *addr_format(const struct addr *a, char buf[ADDR_TEXT])
{
	if (addr_is_v4(a))
		inet_ntop(AF_INET, a->ip + 12, buf, ADDR_TEXT);
	else
		inet_ntop(AF_INET6, a->ip, buf, ADDR_TEXT);
	return buf;
}

char *prefix_format(const struct prefix *p, char buf[PREFIX_TEXT])
{
	bool v4 = addr_is_v4(&p->net) && p->len >= V4_BITS;
	size_t n;

	if (v4)
		inet_ntop(AF_INET, p->net.ip + 12, buf, PREFIX_TEXT);
	else
		inet_ntop(AF_INET6, p->net.ip, buf, PREFIX_TEXT);
	if (prefix_is_host(p))
		return buf;
	n = strlen(buf);
	snprintf(buf + n, PREFIX_TEXT - n, "/%u", p->len - (v4 ? V4_BITS : 0u));
	return buf;
}

bool prefix_is_cut(const struct prefix *p)
{
	size_t at = p->len / 8;

	if (at < sizeof(p->net.ip) && (p->net.ip[at] & (0xff >> p->len % 8)))
		return false;
	while (++at < sizeof(p->net.ip))
		if (p->net.ip[at])
			return false;
	return true;
}

bool prefix_is_host(const struct prefix *p)
{
	return p->len == 128;
}

struct prefix prefix_of(const struct addr *a)
{
	return (struct prefix){.net = *a, .len = 128};
}

bool prefix_contains(const struct prefix *p, const struct addr *a)
{
	uint64_t first = addr_first(&p->net) ^ addr_first(a);
	uint64_t last = addr_last(&p->net) ^ addr_last(a);

	if (p->len <= 64)
		return p->len == 0 || first >> (64 - p->len) == 0;
	return first == 0 && last >> (128 - p->len) == 0;
}

bool prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	return a->len <= b->len ? prefix_contains(a, &b->net)
				: prefix_contains(b, &a->net);
}

bool addr_is_special(const struct addr *a)
{
	static const uint8_t zero[16];

	if (addr_is_v4(a)) {
		uint8_t first = a->ip[12];

		return first == 0 || first == 127 || first >= 224;
	}
	return memcmp(a->ip, zero, 15) == 0 || a->ip[0] == 0xff;
}
