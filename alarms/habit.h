/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_HABIT_H
#define MAILBAN_ALARMS_HABIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How much mail the accounts of this host send, each in its own way: an
 * account that was taken over leaves its habit before anybody complains. The
 * measure is recipients an hour, and how many of those came back. Knows the
 * time only by what it is told; allocates nothing after habit_new().
 */
struct habit;

/* Accounts that are known; who was not heard of for longest is forgotten. */
#define HABIT_ACCOUNTS 4096
/* Bytes of an account's name; one that is longer is not looked at. */
#define HABIT_NAME 128
/* Hours with mail that make the habit. */
#define HABIT_HOURS 48

struct habit_rule {
	uint32_t least; /* recipients an hour that are never an alarm */
	uint32_t fresh; /* that are one for an account that is hardly known */
	/* Share of an hour's recipients that came back, percent, of at least
	 * so many. */
	uint32_t bounces, bounces_of;
};

extern const struct habit_rule habit_default;

enum habit_sign {
	HABIT_NONE,
	HABIT_MANY,   /* more recipients than it ever has */
	HABIT_BOUNCES /* to people who do not exist */
};

/* An account in this hour. */
struct habit_account {
	char name[HABIT_NAME];
	int64_t hour;	     /* since 1970 */
	uint32_t recipients; /* in this hour */
	uint32_t bounced;
	uint32_t usual;	    /* recipients: the median of its hours with mail */
	uint32_t limit;	    /* more than this is no habit of its */
	bool many, bounces; /* these were told in this hour */
};

/* Never NULL. */
struct habit *habit_new(const struct habit_rule *rule);
void habit_free(struct habit **habit);

/*
 * The account (n bytes, not NUL-terminated) sent to so many recipients at a
 * time, seconds since 1970; or so many came back. Returns a sign once an hour,
 * when it is first seen. A time that lies before counts as now.
 */
enum habit_sign habit_sent(struct habit *habit, const char *account, size_t n,
	uint32_t recipients, int64_t time);
enum habit_sign habit_bounced(struct habit *habit, const char *account,
	size_t n, uint32_t recipients, int64_t time);

/* What is known of it; false if nothing is. */
bool habit_find(const struct habit *habit, const char *account, size_t n,
	struct habit_account *found);
/*
 * The hour was no abuse: it is part of the habit like others. An hour with a
 * sign is not, so that nobody grows into it.
 */
void habit_forgive(struct habit *habit, const char *account, size_t n);

/* Accounts that were forgotten for others, or not looked at. */
uint64_t habit_evictions(const struct habit *habit);

#endif
