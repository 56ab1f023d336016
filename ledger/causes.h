/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_CAUSES_H
#define MAILBAN_LEDGER_CAUSES_H

#include <stdint.h>

#include "ledger/span.h"

/*
 * Counts by cause: what happened, why, to whom ("RCPT", "Relay access
 * denied", "192.0.2.1"), or without the first of the three.
 */
struct causes;

struct causes *causes_new(uint32_t most);
void causes_free(struct causes **causes);
/* what is empty and not looked at where there are but two. */
void causes_add(struct causes *causes, struct span what, struct span why,
	struct span who);

struct cause {
	struct span what, why, who;
	uint64_t count;
	uint32_t group; /* the same for the same what and why */
};

/*
 * All of them: by what and why in the order of their bytes, then those that
 * count most first, then by host_compare and by name. The caller frees; *n is
 * how many; never NULL.
 */
struct cause *causes_sorted(const struct causes *causes, uint32_t *n);
uint32_t causes_size(const struct causes *causes);

#endif
