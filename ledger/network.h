/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_NETWORK_H
#define MAILBAN_LEDGER_NETWORK_H

#include "ledger/span.h"
#include "lib/addr.h"

/*
 * The network that an attacker's address counts for: "192.0.2.0/24",
 * "2001:db8::/64", which is what a provider hands to one customer at least.
 * Empty if the text is no address; the answer lies in room.
 */
struct span network_of(struct span address, char room[PREFIX_TEXT]);
/* "192.0.2.1" of Postfix' "mail.example.org[192.0.2.1]"; empty if it has
 * none. */
struct span network_client(struct span client);

#endif
