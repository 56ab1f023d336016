/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_COUNTER_H
#define MAILBAN_LEDGER_COUNTER_H

#include <stddef.h>
#include <stdint.h>

/* The mail since the beginning, in messages but for what has a unit. */
struct counter {
	uint64_t lines; /* all that were read */
	uint64_t mail;	/* those of mail programs */
	uint64_t undated;
	uint64_t unknown; /* of mail programs, and not understood */
	uint64_t cut;	  /* longer than a source hands on */
	uint64_t received, delivered, forwarded;
	uint64_t deferred, deferrals; /* messages; attempts that failed */
	uint64_t bounced, expired;
	uint64_t rejected, reject_warnings, held, discarded;
	uint64_t bytes_received, bytes_delivered;
	uint64_t connections;	  /* to smtpd(8) */
	int64_t connected;	  /* seconds, all of them */
	uint64_t saved;		  /* by Dovecot's LMTP, into mailboxes */
	uint64_t logins, attacks; /* logins that were let in, and not */
	uint64_t bans;
};

/* What of it is kept over a restart, in an order that stays: a new one comes
 * last. */
#define COUNTER_FIELDS 19
struct counter_field {
	const char *name;
	size_t at;
};
extern const struct counter_field counter_fields[COUNTER_FIELDS];
uint64_t *counter_at(struct counter *counter, size_t field);

/* The columns of an hour or a day. */
enum {
	TRAFFIC_RECEIVED,
	TRAFFIC_DELIVERED,
	TRAFFIC_DEFERRED,
	TRAFFIC_BOUNCED,
	TRAFFIC_REJECTED,
	TRAFFIC_COLUMNS
};

struct traffic {
	uint64_t n[TRAFFIC_COLUMNS];
};

/* One hour of one day, by its number since 1970. */
struct hourly {
	int64_t hour;
	struct traffic traffic;
	uint64_t logins, attacks, bans;
	uint32_t queue; /* the most messages that were open at a time */
};

#endif
