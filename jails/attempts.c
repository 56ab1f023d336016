/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attempts that several lines tell of, counted once. What is not remembered
 * any more counts again: a flood may make it count twice, never not at all.
 */
#include "jails/attempts.h"

#include <stdlib.h>
#include <string.h>

#include "jails/keytable.h"
#include "lib/hash.h"

#define WITNESSES 6

/* Who tells of attempts of its own; no hash of a witness is even. */
#define ITSELF 2u

/* Connections that have no name of their own. */
#define ANY 0u
#define NAMELESS 1u

/* n attempts that the same lines told of. */
struct run {
	uint64_t session; /* hash of its name, ANY or NAMELESS */
	uint32_t user;	  /* hash, 0 if no line named one */
	uint32_t time;	  /* the last line's */
	uint32_t n : 31;
	uint32_t ended : 1;	  /* somebody has summed up the connection */
	uint16_t told[WITNESSES]; /* hashes of who did; 0 ends them */
};

struct record {
	struct addr addr;
	uint32_t n, zero;
	struct run runs[ATTEMPT_OPEN]; /* told of longest ago first */
};

struct attempts {
	struct keytable *table;
	struct hash_seed seed;
	uint32_t hand;
	uint64_t evictions;
};

/* What a failure says, in the form of a run. */
struct said {
	struct run run;
	uint16_t witness;
};

struct attempts *attempts_new(uint32_t most, const struct hash_seed *seed)
{
	struct attempts *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->seed = *seed;
	a->table = keytable_new(
		sizeof(struct record), sizeof(struct addr), most, seed);
	if (!a->table)
		attempts_free(&a);
	return a;
}

void attempts_free(struct attempts **attempts)
{
	struct attempts *a = *attempts;

	if (!a)
		return;
	keytable_free(&a->table);
	free(a);
	*attempts = NULL;
}

static int64_t newest(const void *context, const void *record)
{
	const struct record *r = record;
	uint32_t last = 0;

	(void)context;
	for (uint32_t i = 0; i < r->n; i++)
		if (r->runs[i].time > last)
			last = r->runs[i].time;
	return last;
}

static void evict(struct attempts *a)
{
	a->evictions += keytable_evict(a->table, &a->hand, newest, NULL);
}

static struct record *record_of(
	struct attempts *a, const struct addr *addr, uint32_t hash)
{
	uint32_t at = keytable_find_hashed(a->table, addr, hash);

	if (at == KEYTABLE_NONE)
		at = keytable_add_hashed(a->table, addr, hash);
	if (at == KEYTABLE_NONE) {
		evict(a);
		at = keytable_add_hashed(a->table, addr, hash);
	}
	return at == KEYTABLE_NONE ? NULL : keytable_at(a->table, at);
}

static uint32_t life(uint64_t session)
{
	return session == ANY	     ? ATTEMPT_ANY
	       : session == NAMELESS ? ATTEMPT_NAMELESS
				     : ATTEMPT_NAMED;
}

static uint32_t apart(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

static void forget_old(struct record *r, uint32_t now)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < r->n; i++)
		if (now <= r->runs[i].time ||
			now - r->runs[i].time <= life(r->runs[i].session))
			r->runs[kept++] = r->runs[i];
	r->n = kept;
}

void attempts_read(const struct attempts *a, const struct failure *f,
	uint32_t hash, struct attempt *out)
{
	*out = (struct attempt){.who = f->who.net,
		.hash = hash,
		.has_session = f->session,
		.sum = f->attempts,
		.session = f->nameless ? NAMELESS : ANY};
	if (f->session)
		out->session =
			hash_bytes(&a->seed, f->session, f->session_len) | 2;
	if (f->user_len > 0)
		out->user =
			(uint32_t)hash_bytes(&a->seed, f->user, f->user_len) |
			1;
	/* Who tells a sum is somebody, named or not. */
	if (f->witness || f->attempts)
		out->witness = (uint16_t)hash_bytes(
				       &a->seed, f->witness, f->witness_len) |
			       1;
	else if (f->session)
		out->witness = ITSELF;
}

static struct said said_by(const struct attempt *w, uint32_t time)
{
	return (struct said){
		.run = {.session = w->session,
			.user = w->user,
			.time = time,
			.n = 1,
			.ended = w->sum > 0,
			.told = {w->witness}},
		.witness = w->witness,
	};
}

static bool has_told(const struct run *run, uint16_t witness)
{
	for (int i = 0; i < WITNESSES; i++)
		if (run->told[i] == witness)
			return true;
	return false;
}

/* Can this line be about these attempts? */
static bool may_be(const struct run *run, const struct said *s)
{
	const struct run *line = &s->run;
	uint32_t most = life(run->session);

	if (life(line->session) < most)
		most = life(line->session);
	if (run->user && line->user && run->user != line->user)
		return false;
	/* What stands for itself is another attempt, unless the connection was
	 * summed up: then it comes late. */
	if (s->witness == ITSELF &&
		(!run->ended || run->session != line->session))
		return false;
	if (run->session != line->session && run->session != ANY &&
		line->session != ANY)
		return false;
	return apart(run->time, line->time) <= most &&
	       !has_told(run, s->witness) && !run->told[WITNESSES - 1];
}

static bool is_same(const struct run *a, const struct run *b)
{
	return a->session == b->session && a->user == b->user &&
	       memcmp(a->told, b->told, sizeof(a->told)) == 0;
}

/* Of a connection at its end, of which more than one told, nothing more is to
 * be told; of another a line that another process wrote may come late. */
static uint32_t least_needed(const struct record *r)
{
	for (uint32_t i = 0; i < r->n; i++)
		if (r->runs[i].ended && r->runs[i].told[1])
			return i;
	return 0;
}

/* As the last told of; without room, another is forgotten for it. */
static void add(struct record *r, const struct run *run)
{
	struct run last = *run;
	uint32_t at = 0;

	while (at < r->n && !is_same(&r->runs[at], run))
		at++;
	if (at < r->n) {
		last.n += r->runs[at].n;
		last.ended |= r->runs[at].ended;
		if (r->runs[at].time > last.time)
			last.time = r->runs[at].time;
	} else if (r->n == ATTEMPT_OPEN) {
		at = least_needed(r);
	} else {
		r->n++;
	}
	memmove(&r->runs[at], &r->runs[at + 1],
		(r->n - 1 - at) * sizeof(*r->runs));
	r->runs[r->n - 1] = last;
}

/* Takes out up to n attempts that the line can be about, as told by it too.
 * Returns how many. */
static uint32_t claim(struct record *r, const struct said *s, uint32_t n)
{
	struct run taken[ATTEMPT_OPEN];
	uint32_t taken_n = 0, kept = 0, claimed = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		struct run *run = &r->runs[i];

		if (claimed < n && may_be(run, s)) {
			struct run *t = &taken[taken_n++];
			int k = 0;

			*t = *run;
			if (t->n > n - claimed)
				t->n = n - claimed;
			run->n -= t->n;
			claimed += t->n;
			while (t->told[k])
				k++;
			t->told[k] = s->witness;
			if (t->session == ANY)
				t->session = s->run.session;
			if (!t->user)
				t->user = s->run.user;
			if (s->run.time > t->time)
				t->time = s->run.time;
			t->ended |= s->run.ended;
		}
		if (run->n > 0)
			r->runs[kept++] = *run;
	}
	r->n = kept;
	for (uint32_t i = 0; i < taken_n; i++)
		add(r, &taken[i]);
	return claimed;
}

/* What this witness has told of the connection before. */
static uint32_t told_before(const struct record *r, const struct said *s)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < r->n; i++)
		if (r->runs[i].session == s->run.session &&
			has_told(&r->runs[i], s->witness))
			sum += r->runs[i].n;
	return sum;
}

uint32_t attempts_count(
	struct attempts *a, const struct attempt *w, int64_t time)
{
	uint32_t now = time < 0		   ? 0
		       : time > UINT32_MAX ? UINT32_MAX
					   : (uint32_t)time;
	uint32_t n = w->sum ? w->sum : 1, before;
	struct said s = said_by(w, now);
	struct record *r;

	/* The sum of a connection that cannot be told from others. */
	if (w->sum && !w->has_session)
		return n;
	r = record_of(a, &w->who, w->hash);
	if (!r)
		return n;
	forget_old(r, now);
	if (w->sum) {
		before = told_before(r, &s);
		n -= before < n ? before : n;
	}
	if (s.witness)
		n -= claim(r, &s, n);
	s.run.n = n;
	if (n > 0)
		add(r, &s.run);
	return n;
}

void attempts_expect(const struct attempts *a, uint32_t hash)
{
	keytable_expect(a->table, hash);
}

void attempts_near(const struct attempts *a, uint32_t hash)
{
	keytable_near(a->table, hash);
}

uint32_t attempts_expire(struct attempts *a, int64_t now, uint32_t most)
{
	return keytable_expire(
		a->table, &a->hand, now - ATTEMPT_NAMED, most, newest, NULL);
}

uint32_t attempts_size(const struct attempts *a)
{
	return keytable_count(a->table);
}

uint64_t attempts_evictions(const struct attempts *a)
{
	return a->evictions;
}
