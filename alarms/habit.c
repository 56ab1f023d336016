/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The habit of an account, and a limit from it that one strange hour does not
 * move: whoever has taken an account over must not make his own mail its
 * habit, so an hour that was told counts for nothing but its week's busiest.
 * A week is what newsletters come by; their second one makes the habit.
 */
#include "alarms/habit.h"

#include <string.h>

/* Hours with mail that must be known before their median is a habit. */
#define KNOWN 6
#define HOURS_A_WEEK 168
/* Hours by which the time goes back when a clock was set, not a log read. */
#define SET_BACK 24
/* Recipients of an hour whose share that came back tells something. */
#define TELLING 10
#define SHARE_MOST 95

static void sort(uint32_t *values, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		uint32_t v = values[i], j = i;

		for (; j && values[j - 1] > v; j--)
			values[j] = values[j - 1];
		values[j] = v;
	}
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint32_t capped(uint64_t v)
{
	return v < UINT32_MAX ? (uint32_t)v : UINT32_MAX;
}

static void add(uint32_t *to, uint32_t n)
{
	*to = capped((uint64_t)*to + n);
}

static uint32_t percent(uint64_t part, uint64_t of)
{
	if (!of)
		return 0;
	return part < of ? (uint32_t)(100 * part / of) : 100;
}

/* 1.4826 makes of the median distance a standard deviation: nine are six. */
static uint64_t limit_of_hours(struct habit *h)
{
	uint32_t sorted[HABIT_HOURS], n = h->hours_n, usual;

	memcpy(sorted, h->hours, n * sizeof(*sorted));
	sort(sorted, n);
	usual = h->usual = sorted[n / 2];
	if (n < KNOWN)
		return 0;
	for (uint32_t i = 0; i < n; i++)
		sorted[i] = sorted[i] > usual ? sorted[i] - usual
					      : usual - sorted[i];
	sort(sorted, n);
	return larger(4 * (uint64_t)usual, usual + 9 * (uint64_t)sorted[n / 2]);
}

/* The second busiest of those that are over. */
static uint32_t second_week(const struct habit *h)
{
	uint32_t sorted[HABIT_WEEKS - 1];

	memcpy(sorted, h->weeks + 1, sizeof(sorted));
	sort(sorted, HABIT_WEEKS - 1);
	return sorted[HABIT_WEEKS - 3];
}

static uint8_t median_share(const struct habit *h)
{
	uint32_t sorted[HABIT_HOURS], n = 0;

	for (uint32_t i = 0; i < h->hours_n; i++)
		if (h->hours[i] >= TELLING)
			sorted[n++] = h->shares[i];
	sort(sorted, n);
	return n ? (uint8_t)sorted[n / 2] : 0;
}

static void limits_set(struct habit *h)
{
	uint64_t limit = h->hours_n ? limit_of_hours(h) : 0;

	h->limit = capped(larger(limit, 3 * (uint64_t)second_week(h) / 2));
	h->usual_share = median_share(h);
}

/* An hour is over; one without mail is none. */
static void hour_keep(struct habit *h)
{
	if (!h->recipients || h->strange)
		return;
	h->hours[h->hours_at] = h->recipients;
	h->shares[h->hours_at] = (uint8_t)percent(h->returned, h->recipients);
	h->hours_at = (uint8_t)((h->hours_at + 1) % HABIT_HOURS);
	if (h->hours_n < HABIT_HOURS)
		h->hours_n++;
}

static void weeks_turn(struct habit *h, int64_t week)
{
	int64_t by = week - h->week;
	uint32_t n = by < HABIT_WEEKS ? (uint32_t)by : HABIT_WEEKS;

	memmove(h->weeks + n, h->weeks, (HABIT_WEEKS - n) * sizeof(*h->weeks));
	memset(h->weeks, 0, n * sizeof(*h->weeks));
	memmove(h->weeks_networks + n, h->weeks_networks, HABIT_WEEKS - n);
	memset(h->weeks_networks, 0, n);
	h->week = week;
}

void habit_turn(struct habit *h, int64_t hour)
{
	if (hour <= h->hour && hour > h->hour - SET_BACK)
		return;
	hour_keep(h);
	/* Not h->hour + 1: it may be the last that a clock can say. */
	h->recipients_1 = hour - 1 == h->hour ? h->recipients : 0;
	h->returned_1 = hour - 1 == h->hour ? h->returned : 0;
	h->recipients = h->returned = 0;
	h->strange = h->networks_n = 0;
	h->hour = hour;
	if (hour / HOURS_A_WEEK > h->week)
		weeks_turn(h, hour / HOURS_A_WEEK);
	else
		h->week = hour / HOURS_A_WEEK;
	limits_set(h);
}

void habit_sent(struct habit *h, uint32_t recipients, int64_t hour)
{
	habit_turn(h, hour);
	add(&h->recipients, recipients);
	h->weeks[0] = capped(larger(h->weeks[0], h->recipients));
}

void habit_returned(struct habit *h, uint32_t recipients, int64_t hour)
{
	habit_turn(h, hour);
	add(&h->returned, recipients);
}

void habit_network(struct habit *h, uint32_t network, int64_t hour)
{
	habit_turn(h, hour);
	for (uint8_t i = 0; i < h->networks_n; i++)
		if (h->networks[i] == network)
			return;
	if (h->networks_n == HABIT_NETWORKS)
		return;
	h->networks[h->networks_n++] = network;
	if (h->networks_n > h->weeks_networks[0])
		h->weeks_networks[0] = h->networks_n;
}

uint32_t habit_share(const struct habit *h)
{
	uint64_t returned = (uint64_t)h->returned + h->returned_1;

	if (returned < HABIT_RETURNED)
		return 0;
	return percent(returned, (uint64_t)h->recipients + h->recipients_1);
}

uint32_t habit_limit(const struct habit *h)
{
	return h->limit;
}

uint32_t habit_limit_share(const struct habit *h)
{
	uint32_t limit = 3 * (uint32_t)h->usual_share;

	return limit < SHARE_MOST ? limit : SHARE_MOST;
}

uint32_t habit_limit_networks(const struct habit *h)
{
	uint32_t most = 0, second = 0;

	for (uint32_t i = 1; i < HABIT_WEEKS; i++) {
		uint32_t n = h->weeks_networks[i];

		if (n > most) {
			second = most;
			most = n;
		} else if (n > second) {
			second = n;
		}
	}
	return 2 * second;
}

bool habit_valid(const struct habit *h)
{
	return h->hour >= 0 && h->week >= 0 && h->hours_n <= HABIT_HOURS &&
	       h->hours_at < HABIT_HOURS && h->networks_n <= HABIT_NETWORKS &&
	       h->usual_share <= 100;
}
