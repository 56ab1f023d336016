/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_GUESSERS_H
#define MAILBAN_ALARMS_GUESSERS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

/*
 * Addresses from which logins of many accounts fail, and who comes in from
 * there. An address of IPv6 stands for its /64. At most GUESSERS addresses are
 * known: those that have tried fewest make room. What a stranger types is
 * hashed and never kept.
 */
struct guessers;

#define GUESSERS 4096
/* Accounts of one address; more are as many. */
#define GUESSERS_ACCOUNTS 32

/* Never NULL. */
struct guessers *guessers_new(void);
void guessers_free(struct guessers **guessers);

/* A login of that account failed from there; now in seconds. */
void guessers_failed(struct guessers *guessers, const struct addr *from,
	const char *account, size_t n, int64_t now);
/*
 * It was let in: the number of accounts that failed from there in the last
 * day and did not get in; 0 also if so many others came in since that it is
 * rather the address of a whole office.
 */
uint32_t guessers_came(struct guessers *guessers, const struct addr *from,
	const char *account, size_t n, int64_t now);

#endif
