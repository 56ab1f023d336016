/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who guesses passwords of many accounts, so that his one hit stands out.
 * Strangers choose address and name: a table of small shelves that a keyed
 * hash picks, in which a new address takes the place of who has tried least.
 * Who only logs in takes no room.
 */
#include "alarms/guessers.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/hash.h"

#define SHELF 8
#define SHELVES (GUESSERS / SHELF)
#define DAY 86400
/* Who came in from there, that are told apart. */
#define CAME 16

struct guesser {
	struct addr from;
	int64_t last; /* failure; 0: free */
	uint8_t failed_n, came_n;
	uint32_t failed[GUESSERS_ACCOUNTS], came[CAME];
};

struct guessers {
	struct hash_seed seed;
	struct guesser items[SHELVES][SHELF];
};

struct guessers *guessers_new(void)
{
	struct guessers *g = calloc(1, sizeof(*g));

	if (!g || getrandom(&g->seed, sizeof(g->seed), 0) !=
			  (ssize_t)sizeof(g->seed))
		abort();
	return g;
}

void guessers_free(struct guessers **guessers)
{
	free(*guessers);
	*guessers = NULL;
}

static struct addr cut(const struct addr *from)
{
	struct addr a = *from;

	if (!addr_is_v4(&a))
		memset(a.ip + 8, 0, 8);
	return a;
}

static struct guesser *shelf_of(struct guessers *g, const struct addr *from)
{
	return g->items[hash_bytes(&g->seed, from->ip, sizeof(from->ip)) %
			SHELVES];
}

static bool is_over(const struct guesser *who, int64_t now)
{
	return now - who->last > DAY;
}

static struct guesser *find(
	struct guessers *g, const struct addr *from, int64_t now)
{
	struct guesser *shelf = shelf_of(g, from);

	for (size_t i = 0; i < SHELF; i++)
		if (shelf[i].last && addr_equal(&shelf[i].from, from))
			return is_over(&shelf[i], now) ? NULL : &shelf[i];
	return NULL;
}

/* What is missed least. */
static struct guesser *make(
	struct guessers *g, const struct addr *from, int64_t now)
{
	struct guesser *shelf = shelf_of(g, from), *least = shelf;

	for (size_t i = 0; i < SHELF; i++) {
		struct guesser *who = &shelf[i];

		if (!who->last || is_over(who, now)) {
			least = who;
			break;
		}
		if (who->failed_n < least->failed_n ||
			(who->failed_n == least->failed_n &&
				who->last < least->last))
			least = who;
	}
	*least = (struct guesser){.from = *from};
	return least;
}

static bool has(const uint32_t *set, uint8_t n, uint32_t value)
{
	for (uint8_t i = 0; i < n; i++)
		if (set[i] == value)
			return true;
	return false;
}

static uint32_t name_of(const struct guessers *g, const char *account, size_t n)
{
	return (uint32_t)hash_bytes(&g->seed, account, n);
}

void guessers_failed(struct guessers *g, const struct addr *from,
	const char *account, size_t n, int64_t now)
{
	struct addr a = cut(from);
	struct guesser *who = find(g, &a, now);
	uint32_t name = name_of(g, account, n);

	if (!who)
		who = make(g, &a, now);
	if (now > who->last)
		who->last = now;
	/* Who comes in there now and then mistypes. */
	if (has(who->came, who->came_n, name) ||
		has(who->failed, who->failed_n, name))
		return;
	if (who->failed_n < GUESSERS_ACCOUNTS)
		who->failed[who->failed_n++] = name;
}

static void forget_failure(struct guesser *who, uint32_t name)
{
	for (uint8_t i = 0; i < who->failed_n; i++)
		if (who->failed[i] == name) {
			who->failed[i] = who->failed[--who->failed_n];
			return;
		}
}

uint32_t guessers_came(struct guessers *g, const struct addr *from,
	const char *account, size_t n, int64_t now)
{
	struct addr a = cut(from);
	struct guesser *who = find(g, &a, now);
	uint32_t name;

	if (!who)
		return 0;
	name = name_of(g, account, n);
	forget_failure(who, name);
	if (!has(who->came, who->came_n, name) && who->came_n < CAME)
		who->came[who->came_n++] = name;
	return who->failed_n > 2 * who->came_n ? who->failed_n : 0;
}
