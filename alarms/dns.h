/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_DNS_H
#define MAILBAN_ALARMS_DNS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

/*
 * Questions to the name servers of resolv.conf(5), over UDP alone, each asked
 * twice at most. They wait: DNS_PATIENCE seconds for each server and try.
 */
#define DNS_PATIENCE 2
#define DNS_TRIES 2

/* A domain name as text, NUL included. */
#define DNS_NAME 256

enum dns_answer { DNS_YES, DNS_NO, DNS_FAILED };

/*
 * Whether a list (RFC 5782) has the address. An answer outside of 127.0.0.0/8
 * comes from no list, and one of 127.255.255.0/24 is what lists say to whom
 * they do not serve: both are DNS_FAILED.
 */
enum dns_answer dns_listed(const char *zone, const struct addr *address);
/*
 * Whether the list answers truthfully (RFC 5782, 5): it has 127.0.0.2, and it
 * has not 127.0.0.1. DNS_FAILED when it does not answer at all.
 */
enum dns_answer dns_list_works(const char *zone);

/*
 * The name that the address has, and whether that name has the address: DNS_NO
 * if there is no name (then *name is "") or it is another's.
 */
enum dns_answer dns_reverse(const struct addr *address, char name[DNS_NAME]);

#endif
