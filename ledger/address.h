/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_ADDRESS_H
#define MAILBAN_LEDGER_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/span.h"

/*
 * Addresses and hosts under the names by which mail is counted. What is
 * written goes to room, which must hold as many bytes as the text has, and
 * two more; the answer lies in room or in the text.
 */

/* The text in lower case, ASCII only. */
struct span address_lower(struct span text, char *room);
/* The same from the first '@' on that has something behind it. */
struct span address_lower_domain(struct span text, char *room);
/* user@host of host!path!user@site: "site!host!path!user" the other way
 * round, if it is such a one. */
struct span address_from_uucp(struct span text, char *room);
/*
 * list-return-36-user=site@lists as list-return-ID-user=site@lists; with
 * level 2 and more as list-return@lists.
 */
struct span address_without_verp(struct span text, int level, char *room);
/* Behind the first '@' that is not the first byte; all if there is none. */
struct span address_domain(struct span text);

/*
 * "mail.example.org[192.0.2.1]" as "example.org", "unknown[192.0.2.1]" as
 * "192.0.2.1"; the last two labels of three stay if the last has three
 * letters, the last three if they are like "example.co.uk". With compat as
 * pflogsumm 1.1.5 does it, which does not cope with what smtpd(8) writes
 * behind a disconnected IPv6 address.
 */
struct span host_domain(struct span client, bool compat, char *room);

/*
 * Which comes first, as pflogsumm has it: addresses by their numbers, names
 * by their labels from the last; only what stands before a blank. Below,
 * equal or above zero.
 */
int host_compare(struct span a, struct span b);
/* What is in the same order by its bytes, the shorter first; room: twice as
 * many as the host has. */
struct span host_ordered(struct span host, char *room);

#endif
