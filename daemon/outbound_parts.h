/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_OUTBOUND_PARTS_H
#define MAILBAN_DAEMON_OUTBOUND_PARTS_H

#include "alarms/guessers.h"
#include "alarms/habit.h"
#include "daemon/alarm_settings.h"
#include "daemon/outbound.h"
#include "ledger/messages.h"
#include "lib/hash.h"

/*
 * What outbound is made of, for the files that implement it: outbound.c (the
 * accounts, a record), outbound_alarms.c (what is an alarm), outbound_words.c
 * (what is said of it), outbound_keep.c (over a restart) and outbound_tell.c.
 */

/* The last ones of an account, for people. */
#define OUTBOUND_ADDRESSES 4
#define OUTBOUND_IDS 6
/* As long as any that Postfix makes, and a NUL. */
#define OUTBOUND_ID 24

struct outbound_account {
	char name[OUTBOUND_NAME + 1];
	uint8_t n;	/* bytes of it; 0: the place is free */
	bool used;	/* since the hand passed */
	bool changed;	/* not as the store has it */
	uint8_t alarms; /* that are open: it stays */
	uint8_t addresses_n, addresses_at, ids_at;
	uint16_t generation; /* of this place */
	uint32_t next;	     /* of the same bucket, + 1 */
	struct addr addresses[OUTBOUND_ADDRESSES];
	char ids[OUTBOUND_IDS][OUTBOUND_ID];
	struct habit habit;
};

struct outbound_alarm {
	struct alarm alarm;
	struct outbound_account *account; /* NULL: it is free */
	char name[OUTBOUND_NAME + 1];	  /* as outbound_name() has it */
	struct addr from;		  /* ALARM_LOGIN: whence */
	int64_t until; /* the same: monotonic, when that is over */
};

struct outbound {
	const struct alarm_settings *settings;
	struct outbound_user user;
	struct messages *messages;
	struct guessers *guessers;
	struct hash_seed seed;
	uint32_t buckets[OUTBOUND_ACCOUNTS]; /* an account's number + 1 */
	struct outbound_account accounts[OUTBOUND_ACCOUNTS];
	uint32_t n, hand; /* n: places ever taken */
	struct outbound_alarm alarms[OUTBOUND_ALARMS];
	int64_t now;	/* wall clock, of this second */
	int64_t looked; /* monotonic */
	bool changed;
	uint64_t forgotten; /* accounts, for others or their length */
	uint64_t lost;	    /* alarms that had no room */
};

/*
 * What a message has of its account: its place + 1, the place's generation,
 * whether its recipients are counted, whether it was handed to hold.
 */
#define OUTBOUND_PLACE UINT32_C(0x1fff)
#define OUTBOUND_GENERATION 13
#define OUTBOUND_HOLDING MESSAGE_OWN
#define OUTBOUND_COUNTED (UINT32_C(1) << 31)
_Static_assert(OUTBOUND_ACCOUNTS < OUTBOUND_PLACE, "a place has 13 bits");

/* The account of a message, or NULL. */
struct outbound_account *outbound_owner(
	struct outbound *outbound, const struct message *message);
/* The account of that name, or NULL. */
struct outbound_account *outbound_find(
	struct outbound *outbound, const char *name, size_t n);
/* Puts an account that has a name among those that are found. */
void outbound_link(struct outbound *outbound, struct outbound_account *account);

/* Looks at an account for one kind of alarm, after something that makes it
 * worse; value: of ALARM_LOGIN, which comes from there. */
void outbound_judge(struct outbound *outbound, struct outbound_account *account,
	enum alarm_kind kind);
void outbound_judge_login(struct outbound *outbound,
	struct outbound_account *account, const struct addr *from,
	uint32_t tried);

/* Fills words as words_of() does. What of it came from a log is printable. */
void outbound_words(struct words *words, const struct outbound_alarm *alarm,
	enum level_news news, int64_t now, int64_t wall);
/* The name as it can be shown: whatever is not printable ASCII is '?'. */
const char *outbound_name(
	const struct outbound_account *account, char text[OUTBOUND_NAME + 1]);

#endif
