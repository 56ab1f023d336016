/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who attacks, by the day. Names are chosen by strangers: a table is made of
 * small shelves that a keyed hash picks, and a new name takes the place of
 * whoever on its shelf has attacked least. Nothing is decided by this.
 */
#include "daemon/attackers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "daemon/state.h"
#include "ledger/tally.h"
#include "lib/addr.h"
#include "lib/clock.h"

#define DAYS (STATE_ATTACKER_DAYS + 1)
#define SHELF 8
#define SHELVES (ATTACKERS_MOST / SHELF)
/* Bytes of an account; what is longer is cut. */
#define NAME 64
#define TOLD_MOST 100

enum kind { ADDRESS, NETWORK, ACCOUNT, KINDS };

/* The first two are prefixes. */
static const char *const kind_names[KINDS] = {"address", "network", "account"};

/* What is touched for a failure, a prefix's name included, is 64 bytes: one
 * step to memory that is seldom near. */
struct attacker {
	_Alignas(64) int32_t day; /* since 1970, local: the first of counts */
	uint32_t counts[DAYS];
	uint8_t n;	 /* of name; 0: free */
	bool changed;	 /* not as the store has it */
	bool kept;	 /* the store has it */
	char name[NAME]; /* a prefix's 16 bytes and length, or an account */
};

_Static_assert(offsetof(struct attacker, name) + 17 <= 64, "one step");

/*
 * What stands on a shelf, side by side: to find a name, or who has attacked
 * least, nobody else has to be looked at.
 */
struct label {
	_Alignas(64) uint32_t prints[SHELF]; /* of the names; 0: free */
	uint32_t ranks[SHELF];		     /* by day, then by count */
};

/* A failure that was not counted yet: what it touches is brought near, together
 * with what others do. */
struct waiting {
	struct prefix who[2]; /* itself and its network, of len 0: none */
	uint64_t hashes[2];
	uint32_t count;
	int64_t day;
};

#define WAITING_MOST 32

struct attackers {
	uint64_t seed;
	/* The day that is, and the wall clock's seconds that are of it. */
	int64_t day, day_begin, day_end;
	bool changed;
	struct state *state; /* for those who make room */
	struct waiting waiting[WAITING_MOST];
	size_t waiting_n;
	struct label labels[KINDS][SHELVES];
	struct attacker items[KINDS][SHELVES][SHELF];
};

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

/* The number of a local day. */
static int64_t day_of(struct attackers *a, int64_t seconds)
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

/* Counts of another day's point of view. */
static void turn_to(struct attacker *who, int64_t day)
{
	int64_t by = day - who->day;

	if (by <= 0)
		return;
	if (by > DAYS)
		by = DAYS;
	memmove(who->counts + by, who->counts,
		(size_t)(DAYS - by) * sizeof(*who->counts));
	memset(who->counts, 0, (size_t)by * sizeof(*who->counts));
	who->day = (int32_t)day;
}

/* As the store names it. */
static const char *name_text(
	enum kind kind, const struct attacker *who, char text[PREFIX_TEXT])
{
	struct prefix p;

	if (kind == ACCOUNT)
		return who->name;
	memcpy(p.net.ip, who->name, 16);
	p.len = (uint8_t)who->name[16];
	return prefix_format(&p, text);
}

static void forget(
	struct attackers *a, enum kind kind, const struct attacker *who)
{
	char text[PREFIX_TEXT];

	if (who->kept)
		state_put_attacker(a->state, (int)kind,
			name_text(kind, who, text), 0, NULL, 0);
}

/* Where on its shelf a new name goes: free places have rank 0. */
static size_t least_of(const struct label *label)
{
	size_t least = 0;

	for (size_t i = 1; i < SHELF; i++)
		if (label->ranks[i] < label->ranks[least])
			least = i;
	return least;
}

static void rank_set(
	struct attackers *a, enum kind kind, const struct attacker *who)
{
	size_t at = (size_t)(who - a->items[kind][0]);
	uint32_t count =
		who->counts[0] < UINT16_MAX ? who->counts[0] : UINT16_MAX;

	a->labels[kind][at / SHELF].ranks[at % SHELF] =
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
static struct attacker *find(struct attackers *a, enum kind kind,
	const char *name, size_t n, uint64_t hash)
{
	struct attacker *shelf = a->items[kind][hash % SHELVES];
	struct label *label = &a->labels[kind][hash % SHELVES];
	uint32_t print = print_of(hash);
	size_t at;

	for (size_t i = 0; i < SHELF; i++)
		if (label->prints[i] == print && shelf[i].n == n &&
			memcmp(shelf[i].name, name, n) == 0)
			return &shelf[i];
	at = least_of(label);
	if (shelf[at].n)
		forget(a, kind, &shelf[at]);
	shelf[at] = (struct attacker){.n = (uint8_t)n};
	memcpy(shelf[at].name, name, n);
	label->prints[at] = print;
	return &shelf[at];
}

static void add(struct attackers *a, enum kind kind, const char *name, size_t n,
	uint64_t hash, uint32_t count, int64_t day)
{
	struct attacker *who = find(a, kind, name, n, hash);
	int64_t ago;

	turn_to(who, day);
	ago = who->day - day;
	if (ago >= DAYS)
		return;
	if (who->counts[ago] < UINT32_MAX - count)
		who->counts[ago] += count;
	rank_set(a, kind, who);
	who->changed = kind != ADDRESS;
	a->changed |= who->changed;
}

static void prefix_name(const struct prefix *p, char name[17])
{
	memcpy(name, p->net.ip, 16);
	name[16] = (char)p->len;
}

/* Where an attacker stands, or will if he is new. */
static const struct attacker *place_of(
	const struct attackers *a, enum kind kind, uint64_t hash)
{
	const struct label *label = &a->labels[kind][hash % SHELVES];
	size_t at = 0;

	while (at < SHELF && label->prints[at] != print_of(hash))
		at++;
	return &a->items[kind][hash % SHELVES]
			[at < SHELF ? at : least_of(label)];
}

/* Counts those who wait: kind by kind, so that none has to wait for memory. */
static void settle(struct attackers *a)
{
	char name[17];

	for (size_t i = 0; i < a->waiting_n; i++)
		for (enum kind kind = ADDRESS; kind <= NETWORK; kind++)
			__builtin_prefetch(
				place_of(a, kind, a->waiting[i].hashes[kind]),
				1);
	for (size_t i = 0; i < a->waiting_n; i++) {
		const struct waiting *w = &a->waiting[i];

		for (enum kind kind = ADDRESS; kind <= NETWORK; kind++) {
			if (w->who[kind].len == 0)
				continue;
			prefix_name(&w->who[kind], name);
			add(a, kind, name, sizeof(name), w->hashes[kind],
				w->count, w->day);
		}
	}
	a->waiting_n = 0;
}

static void expect(
	struct attackers *a, struct waiting *w, enum kind kind, struct prefix p)
{
	char name[17];

	prefix_name(&p, name);
	w->who[kind] = p;
	w->hashes[kind] = hash_of(a, name, sizeof(name));
	__builtin_prefetch(&a->labels[kind][w->hashes[kind] % SHELVES]);
}

void attackers_failed(struct attackers *a, const struct prefix *who,
	uint32_t count, int64_t seconds)
{
	struct waiting *w = &a->waiting[a->waiting_n++];
	struct prefix p = *who;
	bool v4 = addr_is_v4(&p.net);

	*w = (struct waiting){.count = count, .day = day_of(a, seconds)};
	if (p.len == 128)
		expect(a, w, ADDRESS, p);
	if (p.len > (v4 ? 120 : 64)) {
		p.len = v4 ? 120 : 64;
		memset(p.net.ip + p.len / 8, 0, 16 - p.len / 8);
	}
	expect(a, w, NETWORK, p);
	if (a->waiting_n == WAITING_MOST)
		settle(a);
}

void attackers_login(
	struct attackers *a, const char *name, size_t n, int64_t time)
{
	int64_t now = clock_wall();

	/* The name ends at a NUL wherever it goes. */
	n = strnlen(name, n < NAME ? n : NAME - 1);
	if (time == 0 || time > now)
		time = now;
	if (n)
		add(a, ACCOUNT, name, n, hash_of(a, name, n), 1,
			day_of(a, time / CLOCK_SECOND));
}

static void put(
	struct attackers *a, enum kind kind, struct attacker *who, bool all)
{
	char text[PREFIX_TEXT];

	if (!who->n || !(who->changed || all))
		return;
	state_put_attacker(a->state, (int)kind, name_text(kind, who, text),
		who->day, who->counts, DAYS);
	who->changed = false;
	who->kept = true;
}

static void save(struct attackers *a, struct state *state, bool all)
{
	settle(a);
	a->state = state;
	if (!a->changed && !all)
		return;
	for (enum kind kind = NETWORK; kind < KINDS; kind++)
		for (size_t i = 0; i < SHELVES; i++)
			for (size_t k = 0; k < SHELF; k++)
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
	int64_t today = day_of(a, clock_wall() / CLOCK_SECOND);
	size_t name_n = strlen(name);
	struct attacker *who;
	char bytes[17];
	struct prefix p;

	/* A day ahead, when the clock was. */
	if (day > today || day <= today - DAYS)
		return;
	if (kind == NETWORK && prefix_parse(name, name_n, &p)) {
		prefix_name(&p, bytes);
		who = find(a, NETWORK, bytes, sizeof(bytes),
			hash_of(a, bytes, sizeof(bytes)));
	} else if (kind == ACCOUNT && name_n > 0 && name_n < NAME) {
		who = find(a, ACCOUNT, name, name_n, hash_of(a, name, name_n));
	} else {
		return;
	}
	who->day = (int32_t)day;
	who->kept = true;
	memcpy(who->counts, counts, (n < DAYS ? n : DAYS) * sizeof(*counts));
	rank_set(a, (enum kind)kind, who);
}

void attackers_restore(struct attackers *a, struct state *state)
{
	a->state = state;
	state_each_attacker(state, restore, a);
}

/* What one kind did on a day and before. */
struct summary {
	uint64_t names[DAYS], failures[DAYS];
	json_int_t new_names;
	const struct attacker *rows[TOLD_MOST]; /* the most first */
	size_t n;
};

static bool is_new(const struct attacker *who, int ago)
{
	for (size_t i = (size_t)ago + 1; i < DAYS; i++)
		if (who->counts[i])
			return false;
	return true;
}

static void rank(
	struct summary *s, const struct attacker *who, int ago, size_t most)
{
	size_t at = s->n < most ? s->n : most;

	while (at > 0 && s->rows[at - 1]->counts[ago] < who->counts[ago])
		at--;
	if (at == most)
		return;
	s->n += s->n < most;
	memmove(s->rows + at + 1, s->rows + at,
		(s->n - at - 1) * sizeof(struct attacker *));
	s->rows[at] = who;
}

static void look_at(
	struct summary *s, const struct attacker *who, int ago, size_t most)
{
	for (size_t i = (size_t)ago; i < DAYS; i++) {
		s->names[i] += who->counts[i] > 0;
		s->failures[i] += who->counts[i];
	}
	if (!who->counts[ago])
		return;
	s->new_names += is_new(who, ago);
	rank(s, who, ago, most);
}

/* Whatever bytes an account has, JSON is UTF-8. */
static json_t *name_json(enum kind kind, const struct attacker *who)
{
	char text[PREFIX_TEXT > NAME ? PREFIX_TEXT : NAME];
	struct prefix p;
	json_t *name;

	if (kind == ACCOUNT) {
		memcpy(text, who->name, NAME);
	} else {
		memcpy(p.net.ip, who->name, 16);
		p.len = (uint8_t)who->name[16];
		prefix_format(&p, text);
	}
	name = json_string(text);
	for (char *c = text; !name && *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	return name ? name : json_string(text);
}

static json_t *summary_tell(const struct summary *s, enum kind kind, int ago)
{
	json_t *days = json_array(), *rows = json_array();

	for (size_t i = (size_t)ago; i < DAYS; i++)
		json_array_append_new(
			days, json_pack("[I, I]", (json_int_t)s->names[i],
				      (json_int_t)s->failures[i]));
	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(
			rows, json_pack("{s:o, s:I, s:b}", "name",
				      name_json(kind, s->rows[i]), "failures",
				      (json_int_t)s->rows[i]->counts[ago],
				      "new", is_new(s->rows[i], ago)));
	return json_pack("{s:o, s:I, s:o}", "days", days, "new", s->new_names,
		"rows", rows);
}

json_t *attackers_tell(struct attackers *a, int ago, size_t most)
{
	int64_t today = day_of(a, clock_wall() / CLOCK_SECOND);
	json_t *all = json_object();

	settle(a);
	if (most > TOLD_MOST)
		most = TOLD_MOST;
	for (enum kind kind = 0; kind < KINDS; kind++) {
		struct summary s = {.n = 0};

		for (size_t i = 0; i < ATTACKERS_MOST; i++) {
			struct attacker *who =
				&a->items[kind][i / SHELF][i % SHELF];

			if (!who->n)
				continue;
			turn_to(who, today);
			look_at(&s, who, ago, most);
		}
		json_object_set_new(
			all, kind_names[kind], summary_tell(&s, kind, ago));
	}
	return all;
}
