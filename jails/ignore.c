/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom a jail must leave alone. Names are looked up at load only: what a DNS
 * server says while lines are read must never decide who is banned.
 */
#include "jails/ignore.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "jails/jail.h"
#include "lib/err.h"

#define ADDRESSES_MOST 64

static bool addr_of(const struct sockaddr *sa, struct addr *out)
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

int ignore_own_addresses(struct prefixset *own)
{
	struct ifaddrs *list;
	int r = 0;

	if (getifaddrs(&list) < 0)
		return -errno;
	for (struct ifaddrs *i = list; i && r == 0; i = i->ifa_next) {
		struct prefix p = {.len = 128};

		if (addr_of(i->ifa_addr, &p.net))
			r = prefixset_add(own, &p);
	}
	freeifaddrs(list);
	return r;
}

bool ignore_has(const struct jail *jail, const struct prefixset *own,
	const struct prefix *who)
{
	static const struct addr loopback4 = {
		{[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}};
	static const struct addr loopback6 = {{[15] = 1}};

	if (addr_is_special(&who->net) || prefix_contains(who, &loopback4) ||
		prefix_contains(who, &loopback6))
		return true;
	if (prefixset_overlaps(&jail->ignoreip, who))
		return true;
	return jail->ignoreself && own && prefixset_overlaps(own, who);
}

void ignore_resolve(struct jail *jail, struct err *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};

	for (size_t i = 0; i < jail->ignore_names_n; i++) {
		const struct jail_text *name = &jail->ignore_names[i];
		struct addrinfo *found;
		int n = 0, r = getaddrinfo(name->text, NULL, &hints, &found);

		if (r != 0) {
			err_warning(err, name->file, name->line,
				"[%s] ignoreip: %s has no address now (%s); it "
				"is not ignored",
				jail->name, name->text, gai_strerror(r));
			continue;
		}
		for (struct addrinfo *a = found; a && n < ADDRESSES_MOST;
			a = a->ai_next, n++) {
			struct prefix p = {.len = 128};

			if (addr_of(a->ai_addr, &p.net))
				prefixset_add(&jail->ignoreip, &p);
		}
		freeaddrinfo(found);
	}
}
