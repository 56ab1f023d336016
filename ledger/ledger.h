/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_LEDGER_H
#define MAILBAN_LEDGER_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/causes.h"
#include "ledger/counter.h"
#include "ledger/messages.h"
#include "ledger/record.h"
#include "ledger/reject.h"
#include "ledger/tally.h"
#include "ledger/when.h"

struct line;
struct reading_sums;

/* What is counted, and how. All zero is what the daemon wants but for most. */
struct ledger_options {
	bool compat;	  /* as pflogsumm 1.1.5 counts, its errors with it */
	bool totals;	  /* they alone: nothing by name, reason, hour or day */
	bool ignore_case; /* of addresses */
	bool uucp;	  /* user@host of host!user */
	bool verbose;	  /* reasons in full */
	bool with_sender; /* beside the recipient of a refusal */
	bool verp;
	int verp_level;
	bool connections; /* of smtpd(8), how long they were */
	bool per_message; /* what became of each message */
	bool zero_fill;	  /* with compat: a day without mail is there */
	bool no_unsized;  /* with compat: unsized deliveries are not kept */
	bool plain; /* not by attacker, by ban, by delay nor by hour of the
		       log: no text has them */
	/* Kinds of causes that nobody will look at. */
	bool no_deferrals, no_bounces, no_rejects, no_failures,
		no_smtpd_warnings;
	struct span name;     /* syslog_name; empty = postfix */
	struct span date[2];  /* with compat: lines that begin so, or empty */
	int64_t since, until; /* microseconds since 1970; 0 = no bound */
	uint32_t most;	      /* rows of each table; 0 = no cap to speak of */
};

/* A domain that sends, and what others begin with. */
struct party {
	uint64_t count, size; /* bytes */
};

/* A sender, a recipient. */
struct correspondent {
	struct party party;
	uint32_t domain; /* its row + 1, once it is known */
};

/* A domain that receives. */
struct target {
	struct party party;
	uint64_t deferrals;
	double delays, delay_most; /* seconds: their sum */
	bool has_most;
};

/* Connections to smtpd(8): of an hour, a day or a domain. */
struct connected {
	struct party party; /* count; size = seconds, which may be negative */
	int64_t most;	    /* seconds */
};

struct day {
	int year, month /* from 0 */, day;
	struct traffic traffic;
	uint8_t columns; /* up to the last that something was counted in */
	bool filled;	 /* it is in the list of days */
	bool connected_to;
	struct connected connected;
};

/* Of what a delivery's time was made up (delays=a/b/c/d), in seconds. */
enum { DELAY_BEFORE, DELAY_QUEUE, DELAY_CONNECT, DELAY_SEND, DELAYS };

/* Deliveries within 1, 10 s, 1, 10 min, 1, 6, 24 h, and longer. */
#define DELAY_CLASSES 8

struct ledger {
	struct ledger_options options;
	struct counter total;
	struct traffic hours[100]; /* by the hour of the day */
	struct connected connected_hours[100];
	struct tally *days;		    /* struct day, by when_day */
	uint32_t day_changes;		    /* as compat counts days */
	struct tally *hourly;		    /* struct hourly, by its number */
	struct tally *senders, *recipients; /* struct correspondent */
	struct tally *sender_domains;	    /* struct party */
	struct tally *recipient_domains;    /* struct target */
	struct tally *clients;		    /* whence */
	struct tally *unsized; /* with compat: uint32_t, the recipient's row of
				  messages that had no size, by queue id */
	struct tally *connected_domains; /* struct connected */
	struct causes *deferrals, *bounces, *failures, *warnings, *fatals,
		*panics, *masters;
	struct causes *refused[RECORD_ACTIONS];
	struct causes *unknown; /* lines not understood, by program */
	struct causes *attacks; /* by network, account and address */
	struct causes *bans;	/* by network, jail and address */
	struct messages *messages;
	struct tally *details; /* per_message: struct detail */
	uint64_t delay_classes[DELAY_CLASSES];
	double delay_parts[DELAYS]; /* seconds, of all deliveries with them */
	uint64_t with_parts;
	int64_t first, last; /* time of the lines counted; 0 = none */
	struct ledger_state *state;
};

/* The lines of a message, oldest first, as numbers from details_text. */
struct detail {
	uint32_t first, last; /* + 1 */
};

struct ledger *ledger_new(const struct ledger_options *options);
void ledger_free(struct ledger **ledger);

/*
 * Counts one line. The record it was read as stays in *record, if that is not
 * NULL, for who wants more of it; of a line that counts for nothing the kind
 * alone, which may be RECORD_IDLE, and log, program and rest, which are empty
 * then if it was not looked into. Takes no memory once the tables have their
 * names.
 */
void ledger_line(
	struct ledger *ledger, const struct line *line, struct record *record);
/* The same of a line that came so many times; it is read once. */
void ledger_lines(struct ledger *ledger, const struct line *line,
	uint32_t times, struct record *record);

/*
 * The two halves of it: what reading_line reads, in the order of the lines
 * where they count (READING_COUNTS), and what reading_sum adds up of all.
 */
void ledger_count(struct ledger *ledger, const struct record *record);
void ledger_add_sums(struct ledger *ledger, const struct reading_sums *sums);

/* What another ledger counted in an hour (its number since 1970). */
void ledger_add_hour(
	struct ledger *ledger, int64_t hour, const struct counter *sums);

/* No line comes any more: gives back what none but they needed. */
void ledger_end(struct ledger *ledger);

/* A line of a message's details; *at goes to the next, 0 = that was all. */
struct span ledger_detail(const struct ledger *ledger, uint32_t *at);
/* As much as compat takes for days: changes of the day of the month. */
uint32_t ledger_day_count(const struct ledger *ledger);

#endif
