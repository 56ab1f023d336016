/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_KEPT_H
#define MAILBAN_LEDGER_KEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/span.h"

struct message;

/* Messages by id, none of which ever goes. No id is too long. */
struct kept;

struct kept *kept_new(void);
void kept_free(struct kept **kept);
/*
 * The message of that id, of which there is what stands before kept_to; made,
 * all zero, if make is set, else NULL if there is none. Lives until the next
 * call.
 */
struct message *kept_get(struct kept *kept, struct span id, bool make);
uint32_t kept_size(const struct kept *kept);

#endif
