/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_REQUEST_H
#define MAILBAN_DAEMON_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/layout.h"

/*
 * What the engine asks of the warden and what it answers: one message of a
 * SOCK_SEQPACKET pair each, packed with lib/codec. Each request has an id
 * that its answers carry; they end with one REPLY_DONE.
 */
#define REQUEST_VERSION 3

/* Bytes of any message at most, and what fits in one. */
#define REQUEST_MOST (60u << 10)
#define REQUEST_ENTRIES_MOST 2700u
#define REQUEST_JAILS_MOST 100u

#define REQUEST_SECONDS_MOST (10u * 366 * 24 * 3600)
/* Where a jail's index may stand: every jail. */
#define REQUEST_ALL UINT32_MAX

enum request_type {
	REQUEST_HELLO = 1, /* version; first of all */
	REQUEST_LAYOUT,	   /* part, n jails */
	REQUEST_ALLOW,	   /* part, n entries: replaces the allow list */
	REQUEST_BAN,	   /* jail, n entries */
	REQUEST_UNBAN,	   /* jail, n entries */
	REQUEST_FLUSH,	   /* jail or REQUEST_ALL */
	REQUEST_DUMP,	   /* jail */
	REQUEST_COUNT,	   /* jail or REQUEST_ALL */
	REQUEST_STATS,
	REQUEST_QUIT, /* flush: the table goes too */
};

/*
 * LAYOUT and ALLOW may take several messages: the first begins the list anew,
 * the last puts it in force. One message alone is both.
 */
#define REQUEST_FIRST 1u
#define REQUEST_LAST 2u

struct request_entry {
	struct prefix prefix;
	uint32_t seconds; /* BAN: 0 = for ever; else not used, 0 */
	bool refresh;	  /* BAN: the time counts anew if it is banned */
};

struct request {
	enum request_type type;
	uint32_t id;
	uint32_t version, jail;
	uint8_t part;
	bool flush;
	size_t n; /* of the one that the type uses */
	const struct layout_jail *jails;
	const struct request_entry *entries;
};

/* Where a decoded request's lists live. */
struct request_room {
	struct layout_jail jails[REQUEST_JAILS_MOST];
	struct request_entry entries[REQUEST_ENTRIES_MOST];
};

/* Bytes written to buf (REQUEST_MOST of room), or -EMSGSIZE, or -EINVAL. */
int request_encode(const struct request *r, void *buf);
/*
 * False unless the n bytes are one request, whole, with every value in its
 * range, ports joined and names strict; r then must not be used. The lists
 * point into room.
 */
bool request_decode(struct request *r, struct request_room *room,
	const void *bytes, size_t n);

enum reply_type {
	REPLY_DONE = 1, /* result, values, text */
	REPLY_KEPT,	/* LAYOUT: n flags, a jail each in order */
	REPLY_REFUSED,	/* BAN, UNBAN: n entries left as they were, and why */
	REPLY_ELEMENTS, /* DUMP: n elements */
	/* To no request, id 0: others have changed the ruleset. Told within
	 * milliseconds, from the first LAYOUT on. */
	REPLY_CHANGED,
};

struct reply_refused {
	uint32_t index; /* of the entry in the request */
	int32_t error;	/* -errno */
};

struct reply_element {
	struct prefix prefix;
	uint64_t timeout, remaining; /* milliseconds; timeout 0 = for ever */
	uint64_t packets, bytes;
};

#define REPLY_ELEMENTS_MOST 1200u
#define REPLY_REFUSED_MOST REQUEST_ENTRIES_MOST
#define REPLY_VALUES 6
#define REPLY_TEXT 160

/*
 * values of REPLY_DONE: HELLO the version; DUMP and COUNT the elements of all
 * hash and interval sets asked about, then 1 if the sets changed meanwhile and
 * some may be missing; BAN and UNBAN the elements that
 * are now in or out, then how often the table was gone and made anew; STATS as
 * in reply_stats.
 */
enum reply_stats {
	STATS_REQUESTS,
	STATS_TRANSACTIONS,
	STATS_ELEMENTS, /* put into the kernel or taken out of it */
	STATS_ERRORS,	/* elements and requests that were refused */
	STATS_RETRIES,	/* transactions that had to be done again */
	STATS_CUT,	/* connections of who was banned that were ended */
};

struct reply {
	enum reply_type type;
	uint32_t id;
	int32_t result; /* 0 or -errno */
	uint64_t values[REPLY_VALUES];
	char text[REPLY_TEXT]; /* for people; empty when all is well */
	size_t n;
	const bool *kept;
	const struct reply_refused *refused;
	const struct reply_element *elements;
};

struct reply_room {
	bool kept[LAYOUT_JAILS_MOST];
	struct reply_refused refused[REPLY_REFUSED_MOST];
	struct reply_element elements[REPLY_ELEMENTS_MOST];
};

/* As with requests. */
int reply_encode(const struct reply *r, void *buf);
bool reply_decode(
	struct reply *r, struct reply_room *room, const void *bytes, size_t n);

/* Why the warden refuses an entry with this -errno, and what to do. */
const char *request_refusal(int error);
/* "ban", "layout": for messages. */
const char *request_name(enum request_type type);

#endif
