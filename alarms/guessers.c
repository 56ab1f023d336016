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
	/* Of each guesser some of his address's hash, never 0: most who come in
	 * are none, and those who stand there need not be looked at. */
	uint32_t prints[SHELVES][SHELF];
	struct guesser items[SHELVES][SHELF];
};

/* Where somebody stands, or would. */
struct place {
	uint32_t *prints, print;
	struct guesser *shelf;
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

static struct place place_of(struct guessers *g, const struct addr *from)
{
	uint64_t hash = hash_bytes(&g->seed, from->ip, sizeof(from->ip));

	return (struct place){.prints = g->prints[hash % SHELVES],
		.print = (uint32_t)(hash >> 32) | 1,
		.shelf = g->items[hash % SHELVES]};
}

static bool is_over(const struct guesser *who, int64_t now)
{
	return now - who->last > DAY;
}

static struct guesser *find(
	const struct place *p, const struct addr *from, int64_t now)
{
	for (size_t i = 0; i < SHELF; i++)
		if (p->prints[i] == p->print &&
			addr_equal(&p->shelf[i].from, from))
			return is_over(&p->shelf[i], now) ? NULL : &p->shelf[i];
	return NULL;
}

/* What is missed least. */
static struct guesser *make(
	const struct place *p, const struct addr *from, int64_t now)
{
	struct guesser *least = p->shelf;

	for (size_t i = 0; i < SHELF; i++) {
		struct guesser *who = &p->shelf[i];

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
	p->prints[least - p->shelf] = p->print;
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
	struct place p = place_of(g, &a);
	struct guesser *who = find(&p, &a, now);
	uint32_t name = name_of(g, account, n);

	if (!who)
		who = make(&p, &a, now);
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
	struct place p = place_of(g, &a);
	struct guesser *who = find(&p, &a, now);
	uint32_t name;

	if (!who)
		return 0;
	name = name_of(g, account, n);
	forget_failure(who, name);
	if (!has(who->came, who->came_n, name) && who->came_n < CAME)
		who->came[who->came_n++] = name;
	return who->failed_n > 2 * who->came_n ? who->failed_n : 0;
}
