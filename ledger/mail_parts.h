/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_MAIL_PARTS_H
#define MAILBAN_LEDGER_MAIL_PARTS_H

/* What mail.c and mail_delivery.c share, and nobody else. */

#include "ledger/accounts.h"

/* Takes back what a message was counted as when it came: it is a part of
 * another's way. */
void mail_uncount(struct ledger *l, struct message *message);
/* What comes back from a content filter is whose it was. */
void mail_owner_pass(
	const struct ledger *l, const struct message *from, struct message *to);
/*
 * An address, which may be NULL, counts so many bytes for its domain, whose row
 * it knows when it was seen. The row + 1, or 0 if there is no room.
 */
uint32_t mail_count_domain(struct tally *domains, struct correspondent *address,
	struct span domain, uint64_t size);

#endif
