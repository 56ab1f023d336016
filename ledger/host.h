/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_HOST_H
#define MAILBAN_LEDGER_HOST_H

#include <stdbool.h>

#include "ledger/span.h"

/*
 * "mail.example.org[192.0.2.1]" as "example.org", "unknown[192.0.2.1]" as
 * "192.0.2.1"; the last two labels of three stay if the last has three
 * letters, the last three if they are like "example.co.uk". With compat as
 * pflogsumm 1.1.5 does it, which does not cope with what smtpd(8) writes
 * behind a disconnected IPv6 address. It lies in client or in room, which has
 * as many bytes as client.
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
