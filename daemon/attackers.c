/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who attacks, by the day. Names are chosen by strangers: a table is made of
 * small shelves that a keyed hash picks, and a new name takes the place of
 * whoever on its shelf has attacked least. Nothing is decided by this.
 */
#include "daemon/attackers_parts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "ledger/tally.h"
#include "lib/addr.h"
#include "lib/clock.h"

struct attackers *attackers_new(void)
{
	/* The kernel's until touched, and zero. */
	struct attackers *a = mmap(NULL, sizeof(*a), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (a == MAP_FAILED)
		abort();
	a->seed = tally_seed();
	return a;
}

void attackers_free(struct attackers **attackers)
{
	if (*attackers)
		munmap(*attackers, sizeof(**attackers));
	*attackers = NULL;
}

int64_t attackers_day(struct attackers *a, int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (seconds >= a->day_begin && seconds < a->day_end)
		return a->day;
	if (!localtime_r(&t, &tm))
		return seconds / 86400;
	a->day = (seconds + tm.tm_gmtoff) / 86400;
	/* A zone changes its offset at a full hour, or half of one. */
	a->day_begin = seconds - seconds % 1800;
	a->day_end = a->day_begin + 1800;
	return a->day;
}

void attackers_turn_to(struct attacker *who, int64_t day)
{
	int64_t by = day - who->day;

	if (by <= 0)
		return;
	if (by > ATTACKERS_DAYS)
		by = ATTACKERS_DAYS;
	memmove(who->counts + by, who->counts,
		(size_t)(ATTACKERS_DAYS - by) * sizeof(*who->counts));
	memset(who->counts, 0, (size_t)by * sizeof(*who->counts));
	who->day = (int32_t)day;
}

const char *attackers_name(enum attackers_kind kind, const struct attacker *who,
	char text[PREFIX_TEXT])
{
	struct prefix p;

	if (kind == ATTACKERS_ACCOUNT)
		return who->name;
	memcpy(p.net.ip, who->name, 16);
	p.len = (uint8_t)who->name[16];
	return prefix_format(&p, text);
}

static void forget(struct attackers *a, enum attackers_kind kind,
	const struct attacker *who)
{
	char text[PREFIX_TEXT];

	if (who->kept)
		state_put_attacker(a->state, (int)kind,
			attackers_name(kind, who, text), 0, NULL, 0);
}

/* Where on its shelf a new name goes: free places have rank 0. */
static size_t least_of(const struct attackers_label *label)
{
	uint64_t least = UINT64_MAX;

	/* The first of several, without a guess. */
#pragma GCC unroll 8
	for (size_t i = 0; i < ATTACKERS_SHELF; i++) {
		uint64_t rank = (uint64_t)label->ranks[i] * ATTACKERS_SHELF + i;

		least ^= (least ^ rank) & -(uint64_t)(rank < least);
	}
	return least % ATTACKERS_SHELF;
}

/* Bit i: the i-th on a shelf has that print. */
static unsigned int having(const struct attackers_label *label, uint32_t print)
{
	unsigned int bits = 0;

#pragma GCC unroll 8
	for (size_t i = ATTACKERS_SHELF; i-- > 0;)
		bits = 2 * bits + (label->prints[i] == print);
	return bits;
}

static void rank_set(struct attackers *a, enum attackers_kind kind,
	const struct attacker *who)
{
	size_t at = (size_t)(who - a->items[kind][0]);
	uint32_t count =
		who->counts[0] < UINT16_MAX ? who->counts[0] : UINT16_MAX;

	a->labels[kind][at / ATTACKERS_SHELF].ranks[at % ATTACKERS_SHELF] =
		(uint32_t)who->day << 16 | count;
}

static uint64_t hash_of(const struct attackers *a, const char *name, size_t n)
{
	return tally_hash((struct span){name, n}, a->seed);
}

static uint32_t print_of(uint64_t hash)
{
	return (uint32_t)(hash >> 32) | 1;
}

/* That attacker, made if need be; rank_set is to follow. */
static struct attacker *find(struct attackers *a, enum attackers_kind kind,
	const char *name, size_t n, uint64_t hash)
{
	struct attacker *shelf = a->items[kind][hash % ATTACKERS_SHELVES];
	struct attackers_label *label =
		&a->labels[kind][hash % ATTACKERS_SHELVES];
	uint32_t print = print_of(hash);
	size_t at;

	for (unsigned int bits = having(label, print); bits; bits &= bits - 1) {
		at = (size_t)__builtin_ctz(bits);
		if (shelf[at].n == n && memcmp(shelf[at].name, name, n) == 0)
			return &shelf[at];
	}
	at = least_of(label);
	if (shelf[at].n)
		forget(a, kind, &shelf[at]);
	shelf[at] = (struct attacker){.n = (uint8_t)n};
	memcpy(shelf[at].name, name, n);
	label->prints[at] = print;
	return &shelf[at];
}

static void add(struct attackers *a, enum attackers_kind kind, const char *name,
	size_t n, uint64_t hash, uint32_t count, int64_t day)
{
	struct attacker *who = find(a, kind, name, n, hash);
	int64_t ago;

	attackers_turn_to(who, day);
	ago = who->day - day;
	if (ago >= ATTACKERS_DAYS)
		return;
	if (who->counts[ago] < UINT32_MAX - count)
		who->counts[ago] += count;
	rank_set(a, kind, who);
	who->changed = kind != ATTACKERS_ADDRESS;
	a->changed |= who->changed;
}

static void prefix_name(const struct prefix *p, char name[17])
{
	memcpy(name, p->net.ip, 16);
	name[16] = (char)p->len;
}

/* Where an attacker stands, or will if he is new. */
static const struct attacker *place_of(
	const struct attackers *a, enum attackers_kind kind, uint64_t hash)
{
	const struct attackers_label *label =
		&a->labels[kind][hash % ATTACKERS_SHELVES];
	unsigned int bits = having(label, print_of(hash));
	size_t at = bits ? (size_t)__builtin_ctz(bits) : least_of(label);

	return &a->items[kind][hash % ATTACKERS_SHELVES][at];
}

/* Kind by kind, so that none has to wait for memory. */
void attackers_settle(struct attackers *a)
{
	char name[17];

	for (size_t i = 0; i < a->waiting_n; i++)
		for (enum attackers_kind kind = ATTACKERS_ADDRESS;
			kind <= ATTACKERS_NETWORK; kind++)
			__builtin_prefetch(
				place_of(a, kind, a->waiting[i].hashes[kind]),
				1);
	for (size_t i = 0; i < a->waiting_n; i++) {
		const struct attackers_waiting *w = &a->waiting[i];

		for (enum attackers_kind kind = ATTACKERS_ADDRESS;
			kind <= ATTACKERS_NETWORK; kind++) {
			if (w->who[kind].len == 0)
				continue;
			prefix_name(&w->who[kind], name);
			add(a, kind, name, sizeof(name), w->hashes[kind],
				w->count, w->day);
		}
	}
	a->waiting_n = 0;
}

static void expect(struct attackers *a, struct attackers_waiting *w,
	enum attackers_kind kind, struct prefix p)
{
	char name[17];

	prefix_name(&p, name);
	w->who[kind] = p;
	w->hashes[kind] = hash_of(a, name, sizeof(name));
	__builtin_prefetch(
		&a->labels[kind][w->hashes[kind] % ATTACKERS_SHELVES]);
}

void attackers_failed(struct attackers *a, const struct prefix *who,
	uint32_t count, int64_t seconds)
{
	struct attackers_waiting *w = &a->waiting[a->waiting_n++];
	struct prefix p = *who;
	bool v4 = addr_is_v4(&p.net);

	*w = (struct attackers_waiting){
		.count = count, .day = attackers_day(a, seconds)};
	if (p.len == 128)
		expect(a, w, ATTACKERS_ADDRESS, p);
	if (p.len > (v4 ? 120 : 64)) {
		p.len = v4 ? 120 : 64;
		memset(p.net.ip + p.len / 8, 0, 16 - p.len / 8);
	}
	expect(a, w, ATTACKERS_NETWORK, p);
	if (a->waiting_n == ATTACKERS_WAITING)
		attackers_settle(a);
}

void attackers_login(struct attackers *a, const char *name, size_t n,
	uint32_t count, int64_t time)
{
	int64_t now = clock_wall();

	/* The name ends at a NUL wherever it goes. */
	n = strnlen(name, n < ATTACKERS_NAME ? n : ATTACKERS_NAME - 1);
	if (time == 0 || time > now)
		time = now;
	if (n)
		add(a, ATTACKERS_ACCOUNT, name, n, hash_of(a, name, n), count,
			attackers_day(a, time / CLOCK_SECOND));
}

static void put(struct attackers *a, enum attackers_kind kind,
	struct attacker *who, bool all)
{
	char text[PREFIX_TEXT];

	if (!who->n || !(who->changed || all))
		return;
	state_put_attacker(a->state, (int)kind, attackers_name(kind, who, text),
		who->day, who->counts, ATTACKERS_DAYS);
	who->changed = false;
	who->kept = true;
}

static void save(struct attackers *a, struct state *state, bool all)
{
	attackers_settle(a);
	a->state = state;
	if (!a->changed && !all)
		return;
	for (enum attackers_kind kind = ATTACKERS_NETWORK;
		kind < ATTACKERS_KINDS; kind++)
		for (size_t i = 0; i < ATTACKERS_SHELVES; i++)
			for (size_t k = 0; k < ATTACKERS_SHELF; k++)
				put(a, kind, &a->items[kind][i][k], all);
	a->changed = false;
}

void attackers_save(struct attackers *a, struct state *state)
{
	save(a, state, false);
}

void attackers_save_all(struct attackers *a, struct state *state)
{
	save(a, state, true);
}

static void restore(void *ctx, int kind, const char *name, int64_t day,
	const uint32_t *counts, size_t n)
{
	struct attackers *a = ctx;
	int64_t today = attackers_day(a, clock_wall() / CLOCK_SECOND);
	size_t name_n = strlen(name);
	struct attacker *who;
	char bytes[17];
	struct prefix p;

	/* A day ahead, when the clock was. */
	if (day > today || day <= today - ATTACKERS_DAYS)
		return;
	if (kind == ATTACKERS_NETWORK && prefix_parse(name, name_n, &p)) {
		prefix_name(&p, bytes);
		who = find(a, ATTACKERS_NETWORK, bytes, sizeof(bytes),
			hash_of(a, bytes, sizeof(bytes)));
	} else if (kind == ATTACKERS_ACCOUNT && name_n > 0 &&
		   name_n < ATTACKERS_NAME) {
		who = find(a, ATTACKERS_ACCOUNT, name, name_n,
			hash_of(a, name, name_n));
	} else {
		return;
	}
	who->day = (int32_t)day;
	who->kept = true;
	memcpy(who->counts, counts,
		(n < ATTACKERS_DAYS ? n : ATTACKERS_DAYS) * sizeof(*counts));
	rank_set(a, (enum attackers_kind)kind, who);
}

void attackers_restore(struct attackers *a, struct state *state)
{
	a->state = state;
	state_each_attacker(state, restore, a);
}
