/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_ACCOUNTS_H
#define MAILBAN_LEDGER_ACCOUNTS_H

#include "ledger/ledger.h"
#include "ledger/reading.h"

/*
 * What the files of the ledger share: its inner state, and what each adds to
 * the counts for a record. None of it is for others.
 */

/* Room for what one line is turned into, many times over. */
#define ACCOUNTS_ROOM (16 * 65536)

struct connection {
	struct when when;
	bool open;
};

struct text {
	uint32_t name, next; /* a row of texts; + 1, 0 = the last */
};

struct ledger_state {
	struct when_clock clock;
	struct reading reading;
	struct when when;  /* of the line */
	int last_day;	   /* of the month, for compat */
	struct when day;   /* the one that compat counts for */
	int64_t day_known; /* whose row is day_row; -1 = none */
	uint32_t day_row;
	int64_t hour_known;
	uint32_t hour_row;
	struct tally *connections; /* struct connection, by process */
	struct tally *texts;
	struct text *details;
	uint32_t n_details, room_details;
	struct span pickup;
	char *scratch; /* what this line was turned into */
	size_t used;
};

/* accounts.c: room for n bytes until the next line. */
char *accounts_room(struct ledger *l, size_t n);
/* An address under the name that it is counted by. */
struct span accounts_address(struct ledger *l, struct span address);
/* The message of that id at the time of the line: see messages_get. */
struct message *accounts_message(struct ledger *l, struct span id, bool make);
/* The same of the message that the record is of. */
struct message *accounts_own(
	struct ledger *l, const struct record *r, bool make);
/* One message more of so many bytes; the row + 1, or 0 if there is no room. */
uint32_t accounts_party(struct tally *tally, struct span name, uint64_t size);
static inline void party_add(struct party *party, uint64_t size)
{
	party->count++;
	party->size += size;
}

/* A line for a message's details, if those are wanted. */
void accounts_detail(struct ledger *l, struct span id, struct span text);

/* traffic.c: with compat, the line's day begins; called for each line. */
void traffic_begin_line(struct ledger *l);
/* The day that the line counts for. */
static inline const struct when *traffic_when(const struct ledger *l)
{
	return l->options.compat ? &l->state->day : &l->state->when;
}

/* Of a day, and of the line's hour; NULL if there is no room for more. */
struct day *traffic_day(struct ledger *l, const struct when *when);
struct hourly *traffic_hourly(struct ledger *l);
/* One more in a column, at the line's time. */
void traffic_count(struct ledger *l, int column);

/* mail.c, mail_delivery.c, problems.c, visits.c: what a record of that kind
 * adds. */
void mail_received(struct ledger *l, const struct record *r);
void mail_queued(struct ledger *l, const struct record *r);
void mail_delivery(struct ledger *l, const struct record *r);
void mail_removed(struct ledger *l, const struct record *r);
void problems_refused(struct ledger *l, const struct record *r);
void problems_checked(struct ledger *l, const struct record *r);
void problems_unreached(struct ledger *l, const struct record *r);
void problems_said(struct ledger *l, const struct record *r);
void visits_connect(struct ledger *l, const struct record *r);
void visits_disconnect(struct ledger *l, const struct record *r);
void visits_login(struct ledger *l);
void visits_attack(struct ledger *l, const struct record *r);
void visits_ban(struct ledger *l, const struct record *r);

#endif
