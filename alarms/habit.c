/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The habit of an account: its last hours with mail, and from these a limit
 * that one strange hour does not move: the median and the distance of most
 * hours from it, and what was sent in the second busiest hour. An hour that
 * was an alarm never becomes a habit by itself. Table of fixed size; a name
 * is a sender's own word and is compared, never interpreted.
 */
#include "alarms/habit.h"

#include <stdlib.h>
#include <string.h>

#define HOUR 3600
/* Hours that must be known before they are a habit. */
#define KNOWN 6
#define NONE UINT32_MAX

struct entry {
	char name[HABIT_NAME];
	uint8_t n; /* bytes of it; 0: the entry is free */
	bool used; /* since the hand passed */
	bool many, bounces, forgiven;
	uint8_t hours_n, hours_at;
	uint32_t hours[HABIT_HOURS];
	int64_t hour;
	uint32_t recipients, bounced, usual, limit;
	uint32_t next; /* of the same bucket */
};

struct habit {
	struct habit_rule rule;
	uint32_t buckets[HABIT_ACCOUNTS];
	struct entry entries[HABIT_ACCOUNTS];
	uint32_t n, hand;
	uint64_t evictions;
};

const struct habit_rule habit_default = {
	.least = 50,
	.fresh = 200,
	.bounces = 40,
	.bounces_of = 20,
};

struct habit *habit_new(const struct habit_rule *rule)
{
	struct habit *habit = calloc(1, sizeof(*habit));

	if (!habit)
		abort();
	habit->rule = *rule;
	memset(habit->buckets, 0xff, sizeof(habit->buckets));
	return habit;
}

void habit_free(struct habit **habit)
{
	free(*habit);
	*habit = NULL;
}

static uint32_t bucket_of(const char *name, size_t n)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (uint8_t)name[i]) * 16777619u;
	return hash % HABIT_ACCOUNTS;
}

static uint32_t find(const struct habit *habit, const char *name, size_t n)
{
	uint32_t at = habit->buckets[bucket_of(name, n)];

	while (at != NONE && (habit->entries[at].n != n ||
				     memcmp(habit->entries[at].name, name, n)))
		at = habit->entries[at].next;
	return at;
}

static void unlink_entry(struct habit *habit, uint32_t at)
{
	struct entry *e = &habit->entries[at];
	uint32_t *link = &habit->buckets[bucket_of(e->name, e->n)];

	while (*link != at)
		link = &habit->entries[*link].next;
	*link = e->next;
}

/* A free entry; if there is none, that of who was not heard of since the hand
 * came by last. */
static uint32_t entry_free(struct habit *habit)
{
	if (habit->n < HABIT_ACCOUNTS)
		return habit->n++;
	while (habit->entries[habit->hand].used) {
		habit->entries[habit->hand].used = false;
		habit->hand = (habit->hand + 1) % HABIT_ACCOUNTS;
	}
	unlink_entry(habit, habit->hand);
	habit->evictions++;
	return habit->hand;
}

static struct entry *entry_of(struct habit *habit, const char *name, size_t n)
{
	uint32_t at = find(habit, name, n), *bucket;
	struct entry *e;

	if (at == NONE) {
		at = entry_free(habit);
		e = &habit->entries[at];
		*e = (struct entry){.n = (uint8_t)n, .hour = INT64_MIN};
		memcpy(e->name, name, n);
		bucket = &habit->buckets[bucket_of(name, n)];
		e->next = *bucket;
		*bucket = at;
		e->limit = habit->rule.fresh;
	} else {
		/* Who comes once goes before who comes again. */
		habit->entries[at].used = true;
	}
	return &habit->entries[at];
}

static void sort(uint32_t *values, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint32_t v = values[i];
		size_t j = i;

		for (; j && values[j - 1] > v; j--)
			values[j] = values[j - 1];
		values[j] = v;
	}
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Four times the median, six times the usual distance from it, and half as
 * much again as the second busiest hour: what is above all of them is new. */
static void limit_set(const struct habit_rule *rule, struct entry *e)
{
	uint32_t sorted[HABIT_HOURS], away[HABIT_HOURS];
	size_t n = e->hours_n;
	uint64_t limit;

	if (!n)
		return;
	memcpy(sorted, e->hours, n * sizeof(*sorted));
	sort(sorted, n);
	e->usual = sorted[n / 2];
	if (n < KNOWN) {
		e->limit = rule->fresh;
		return;
	}
	for (size_t i = 0; i < n; i++)
		away[i] = sorted[i] > e->usual ? sorted[i] - e->usual
					       : e->usual - sorted[i];
	sort(away, n);
	limit = larger(rule->least, 4 * (uint64_t)e->usual);
	/* 1.4826 makes of the median distance a standard deviation. */
	limit = larger(limit, e->usual + 9 * (uint64_t)away[n / 2]);
	limit = larger(limit, 3 * (uint64_t)sorted[n - 2] / 2);
	e->limit = limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX;
}

/* An hour is over; one without mail is none. */
static void hour_keep(const struct habit_rule *rule, struct entry *e)
{
	if (e->recipients && (e->forgiven || (!e->many && !e->bounces))) {
		e->hours[e->hours_at] = e->recipients;
		e->hours_at = (uint8_t)((e->hours_at + 1) % HABIT_HOURS);
		if (e->hours_n < HABIT_HOURS)
			e->hours_n++;
	}
	e->recipients = 0;
	e->bounced = 0;
	e->many = e->bounces = e->forgiven = false;
	limit_set(rule, e);
}

static struct entry *entry_at(
	struct habit *habit, const char *account, size_t n, int64_t time)
{
	struct entry *e;

	if (!n || n > HABIT_NAME - 1) {
		habit->evictions++;
		return NULL;
	}
	e = entry_of(habit, account, n);
	if (time / HOUR > e->hour) {
		hour_keep(&habit->rule, e);
		e->hour = time / HOUR;
	}
	return e;
}

static void add(uint32_t *to, uint32_t n)
{
	*to = n > UINT32_MAX - *to ? UINT32_MAX : *to + n;
}

enum habit_sign habit_sent(struct habit *habit, const char *account, size_t n,
	uint32_t recipients, int64_t time)
{
	struct entry *e = entry_at(habit, account, n, time);

	if (!e)
		return HABIT_NONE;
	add(&e->recipients, recipients);
	if (e->many || e->forgiven || e->recipients <= e->limit)
		return HABIT_NONE;
	e->many = true;
	return HABIT_MANY;
}

enum habit_sign habit_bounced(struct habit *habit, const char *account,
	size_t n, uint32_t recipients, int64_t time)
{
	struct entry *e = entry_at(habit, account, n, time);

	if (!e)
		return HABIT_NONE;
	add(&e->bounced, recipients);
	/* What comes back may be of the hour before: it is no more than what
	 * was sent, or it does not tell. */
	if (e->bounces || e->forgiven ||
		e->recipients < habit->rule.bounces_of ||
		(uint64_t)e->bounced * 100 <
			(uint64_t)e->recipients * habit->rule.bounces)
		return HABIT_NONE;
	e->bounces = true;
	return HABIT_BOUNCES;
}

bool habit_find(const struct habit *habit, const char *account, size_t n,
	struct habit_account *found)
{
	uint32_t at = n && n < HABIT_NAME ? find(habit, account, n) : NONE;
	const struct entry *e;

	if (at == NONE)
		return false;
	e = &habit->entries[at];
	*found = (struct habit_account){.hour = e->hour,
		.recipients = e->recipients,
		.bounced = e->bounced,
		.usual = e->usual,
		.limit = e->limit,
		.many = e->many,
		.bounces = e->bounces};
	memcpy(found->name, e->name, e->n);
	return true;
}

void habit_forgive(struct habit *habit, const char *account, size_t n)
{
	uint32_t at = n && n < HABIT_NAME ? find(habit, account, n) : NONE;

	if (at != NONE)
		habit->entries[at].forgiven = true;
}

uint64_t habit_evictions(const struct habit *habit)
{
	return habit->evictions;
}
