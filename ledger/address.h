/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_ADDRESS_H
#define MAILBAN_LEDGER_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/span.h"

/*
 * Mail addresses under the names by which mail is counted. What is
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
/* Whether it has a letter in upper case, ASCII only. */
bool address_has_capitals(struct span text);

#endif
