/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_ATTACKS_H
#define MAILBAN_LEDGER_ATTACKS_H

#include <stdint.h>

#include "ledger/record.h"
#include "ledger/tally.h"

/* Rows of each table; bytes of an account's name that are kept. */
#define ATTACKS_MOST 65536
#define ATTACKS_NAME 255

/* What a login came after; the later, the worse. */
enum attacks_after {
	ATTACKS_NONE,
	ATTACKS_ON_ACCOUNT, /* others had tried this account */
	ATTACKS_BY_NETWORK, /* its network had tried other accounts */
	ATTACKS_BY_BOTH,    /* its network had tried this account */
};

/* A network or an account. tries 0: only a login names it. */
struct attacks_party {
	uint64_t tries;
	uint32_t peers;	     /* accounts it tried, networks that tried it */
	int64_t first, last; /* try: microseconds since 1970 */
};

/* A network and an account. */
struct attacks_pair {
	uint32_t network, account; /* rows */
	uint64_t tries, logins;	   /* logins: after an attack */
	int64_t first, last;
	int64_t login; /* the first of the worst kind */
	enum attacks_after after;
};

/*
 * Who tried which account, and who came in afterwards: in the order in which
 * records come. An address counts for its network (network_of), an account in
 * lower case. What finds no room is in tally_lost.
 */
struct attacks {
	struct tally *networks, *accounts; /* struct attacks_party */
	struct tally *pairs;		   /* struct attacks_pair */
	uint64_t tries, logins; /* all of them; logins: after an attack */
};

/* most: rows of each table, 0 = ATTACKS_MOST. */
struct attacks *attacks_new(uint32_t most);
void attacks_free(struct attacks **attacks);
/* time: of the line. Dovecot's logins, and smtpd(8)'s by SASL. */
void attacks_record(
	struct attacks *attacks, const struct record *record, int64_t time);

#endif
