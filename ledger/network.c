/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses by their networks. Every table that tells of networks has them
 * from here, so that their rows can be laid side by side. A password guesser
 * has one line in forty of a busy log: an IPv4 network is made of its text.
 */
#include "ledger/network.h"

#define V4_ALL 96 /* bits before those of an IPv4 address */

struct span network_of(struct span address, char room[PREFIX_TEXT])
{
	struct prefix prefix;
	const char *dot;
	size_t n;

	if (!addr_parse(address.at, address.n, &prefix.net))
		return SPAN("");
	dot = memrchr(address.at, '.', address.n);
	if (dot && byte_is_digit(*address.at) && !span_char(address, ':')) {
		n = (size_t)(dot + 1 - address.at);
		memcpy(room, address.at, n);
		memcpy(room + n, "0/24", 4);
		return (struct span){room, n + 4};
	}
	prefix.len = addr_is_v4(&prefix.net) ? V4_ALL + 24 : 64;
	n = prefix.len / 8;
	memset(prefix.net.ip + n, 0, sizeof(prefix.net.ip) - n);
	prefix_format(&prefix, room);
	return (struct span){room, strlen(room)};
}

struct span network_client(struct span client)
{
	const char *open = SPAN_LAST(client, "[");
	struct span in;

	if (!open)
		return SPAN("");
	in = span_from(client, open + 1);
	open = span_char(in, ']');
	return open ? span_between(in.at, open) : SPAN("");
}
