/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_OUTBOUND_H
#define MAILBAN_DAEMON_OUTBOUND_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "alarms/judge.h"
#include "alarms/words.h"
#include "ledger/record.h"

struct alarm_settings;
struct messages;
struct state;

/*
 * The accounts that send through this host, each with its habit (habit.h), and
 * the alarms about those that leave it or are come into from where many were
 * tried. Only who was let in gets a place: what fails never does. At most
 * OUTBOUND_ACCOUNTS are known; who was not heard of for longest makes room. A
 * line takes no memory. Every function takes NULL and does nothing.
 */
struct outbound;

#define OUTBOUND_ACCOUNTS 4096
/* Bytes of a name; one that is longer is not looked at, and counted. */
#define OUTBOUND_NAME 127
/* Open alarms at a time; more are counted. */
#define OUTBOUND_ALARMS 32
/* Queue ids that are handed to hold at a time. */
#define OUTBOUND_HELD 80

struct outbound_user {
	/* An alarm is as it now stands. */
	void (*news)(void *ctx, const struct alarm *alarm, enum level_news news,
		const struct words *words);
	/* These messages, ids with a blank between two, are to be held; false
	 * if that cannot be now. Only if settings have a program for it. */
	bool (*hold)(void *ctx, const char *ids);
	void *ctx;
};

/* Never NULL. settings must live until outbound_reconfigure. */
struct outbound *outbound_new(const struct alarm_settings *settings,
	const struct outbound_user *user);
void outbound_free(struct outbound **outbound);
void outbound_reconfigure(
	struct outbound *outbound, const struct alarm_settings *settings);

/* The open messages that its records will be about, which must outlive it:
 * their owner is its own to use. */
void outbound_watch(struct outbound *outbound, struct messages *messages);
/* A record that the ledger has counted; time of its line, microseconds, 0 =
 * now. */
void outbound_record(
	struct outbound *outbound, const struct record *record, int64_t time);
/* Looks whether alarms are over, once each interval; to be called every
 * second. */
void outbound_tick(struct outbound *outbound);

/* As counters_save and its like. */
void outbound_save(struct outbound *outbound, struct state *state);
void outbound_save_all(struct outbound *outbound, struct state *state);
void outbound_restore(struct outbound *outbound, struct state *state);

/* Those alarms of mailban status that are raised, into the list. */
void outbound_tell_alarms(const struct outbound *outbound, json_t *list);
/*
 * The answer to the command accounts, of the account of that name, or with
 * NULL of those that sent most in this hour:
 *   known, forgotten, accounts [{name, last, recipients, returned, networks,
 *   usual, limit, alarms [name, ...], addresses [...], queue_ids [...]}]
 * and of one: open [queue id, ...], its messages that are still in the queue.
 */
json_t *outbound_tell(struct outbound *outbound, const char *name);

#endif
