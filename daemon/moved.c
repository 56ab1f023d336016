/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A jail whose lines come another way than before: a file or the journal is
 * read from where it was left last, or as far back as findtime reaches, and
 * what a jail counted by way of its old backend stands there again. So of each
 * jail, and of the mail's counters, it is kept by which ways it has its lines,
 * and of each way the second of what it counted last and how many that were. A
 * way that is new to it begins there: what it has of before is left out,
 * whenever it comes, as a file may be there only later.
 *
 * A clock that was wrong must not make a jail blind: where it is behind what is
 * left out, nothing but the past is.
 */
#include "daemon/moved.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"
#include "daemon/feeds.h"
#include "daemon/state.h"
#include "jails/jail.h"
#include "lib/clock.h"
#include "lib/hash.h"

/* Ways that lines come. The socket has nothing of before. */
enum { FILES, JOURNAL, SYSLOG, WAYS };
#define FROM_BEFORE (1u << FILES | 1u << JOURNAL)
#define NAME_ROOM 96

/* So many in that second (since 1970), and all that came before. */
struct mark {
	int64_t second;
	uint64_t n;
};

/* As the state store has it. */
struct progress {
	uint64_t ways; /* as ways_of() has them */
	/* By way: up to where it counted, and from where on it counts. */
	struct mark counted[WAYS], begun[WAYS];
};

struct place {
	char name[NAME_ROOM];
	struct progress kept;
	bool changed;
};

struct moved {
	struct state *state;
	struct place *places; /* by jail */
	size_t n;
	struct place lines; /* for the mail's counters */
	int64_t now;	    /* the wall clock's second when it was last read */
};

static void put(struct moved *m, struct place *p, bool all)
{
	if (p->changed || all)
		state_put_position(
			m->state, p->name, &p->kept, sizeof(p->kept));
	p->changed = false;
}

/* As put() has put it, if it has. */
static void get(struct moved *m, struct place *p)
{
	struct progress kept;

	if (state_get_position(m->state, p->name, &kept, sizeof(kept)) ==
		sizeof(kept))
		p->kept = kept;
}

struct moved *moved_new(struct state *state)
{
	struct moved *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->state = state;
	strcpy(m->lines.name, "lines");
	get(m, &m->lines);
	return m;
}

void moved_free(struct moved **moved)
{
	if (!*moved)
		return;
	free((*moved)->places);
	free(*moved);
	*moved = NULL;
}

/* Above the ways: which journal it is, by a hash; 0: the host's own. */
static uint64_t ways_of(const struct config_jail *item)
{
	const struct jail_journal *j = item->jail->journal;
	uint64_t ways = (item->file_filter != CONFIG_NO_FILTER) << FILES |
			(item->journal_filter != CONFIG_NO_FILTER) << JOURNAL |
			(item->syslog_filter != CONFIG_NO_FILTER) << SYSLOG;

	if (j && ways >> JOURNAL & 1)
		ways |= hash_plain(j->name, strlen(j->name)) << WAYS;
	return ways;
}

/* The mail of another journal than the host's own is not counted. */
static uint64_t ways_of_lines(uint64_t ways)
{
	if (ways >> WAYS)
		ways &= ~(UINT64_C(1) << JOURNAL);
	return ways & ((1u << WAYS) - 1);
}

/* What was counted by the ways in `by` comes by the new ones again. */
static void begin(struct place *p, uint64_t new, uint64_t by)
{
	int64_t now = clock_wall() / CLOCK_SECOND;
	struct mark last = {0};

	for (int i = 0; i < WAYS; i++)
		if (by >> i & 1 && p->kept.counted[i].second > last.second)
			last = p->kept.counted[i];
	/* A clock that was ahead tells nothing of what will come. */
	if (last.second > now)
		last = (struct mark){now, 0};
	for (int i = 0; i < WAYS && last.second; i++) {
		if (!(new >> i & 1))
			continue;
		if (1u << i & FROM_BEFORE)
			p->kept.begun[i] = last;
		/* It goes on from there, for who comes after it. */
		if (last.second >= p->kept.counted[i].second)
			p->kept.counted[i] = last;
	}
}

/* A jail may have had all of it by any way; a journal of another name is
 * another. */
static void move_jail(struct place *p, uint64_t now)
{
	uint64_t before = p->kept.ways, new = now & ~before;

	if (now >> WAYS != before >> WAYS)
		new |= now & 1u << JOURNAL;
	begin(p, new, before);
	p->changed |= before != now;
	p->kept.ways = now;
}

/* The mail of a way that is left comes by those that are new to all jails;
 * while it stays, others have other mail. */
static void move_lines(struct place *p, uint64_t now)
{
	uint64_t before = p->kept.ways;

	begin(p, now & ~before, before & ~now);
	p->changed |= before != now;
	p->kept.ways = now;
}

/* The jail as it was before this configuration. */
static void find(struct moved *m, struct place *p)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->places[i].name, p->name) == 0) {
			*p = m->places[i];
			return;
		}
	get(m, p);
}

void moved_configure(struct moved *m, const struct config *config)
{
	struct place *places = calloc(config->n + 1, sizeof(*places));
	uint64_t of_lines = 0;

	if (!places)
		abort();
	for (size_t i = 0; i < config->n; i++) {
		uint64_t ways = ways_of(&config->items[i]);
		struct place *p = &places[i];

		snprintf(p->name, sizeof(p->name), "jail %s",
			config->items[i].jail->name);
		find(m, p);
		move_jail(p, ways);
		of_lines |= ways_of_lines(ways);
	}
	move_lines(&m->lines, of_lines);
	/* A jail that is gone may come back. */
	for (size_t i = 0; i < m->n; i++)
		put(m, &m->places[i], false);
	free(m->places);
	m->places = places;
	m->n = config->n;
}

static int64_t read_clock(struct moved *m)
{
	return m->now = clock_wall() / CLOCK_SECOND;
}

/* A line from the future counts as one of now. Most are of no later time than
 * it was already: the clock need not be asked for these. Out of line, as is the
 * next, for the few lines that are of another second than the one before. */
__attribute__((noinline)) static void count(
	struct moved *moved, struct mark *m, int64_t second)
{
	int64_t now;

	if (second < m->second || second > moved->now) {
		now = read_clock(moved);
		second = second < now ? second : now;
		if (m->second > now)
			m->second = 0;
	}
	if (second > m->second)
		*m = (struct mark){.second = second};
	m->n += second == m->second;
}

__attribute__((noinline)) static bool is_before(
	struct moved *m, struct mark *begun, int64_t second)
{
	int64_t now;

	if (second < begun->second) {
		now = read_clock(m);
		if (begun->second > now)
			*begun = (struct mark){now, 0};
	}
	if (second == begun->second && begun->n > 0) {
		begun->n--;
		return true;
	}
	return second < begun->second;
}

static bool is_new(
	struct moved *m, struct place *p, uint32_t source, int64_t time)
{
	int64_t second = time / CLOCK_SECOND;
	struct mark *begun, *counted;
	int way = source == FEEDS_JOURNAL || source == FEEDS_FOREIGN ? JOURNAL
		  : source == FEEDS_SYSLOG			     ? SYSLOG
								     : FILES;

	if (time == 0)
		return true;
	p->changed = true;
	begun = &p->kept.begun[way];
	if (second <= begun->second && is_before(m, begun, second))
		return false;
	/* As the one before it, as a rule: for that nothing is called. */
	counted = &p->kept.counted[way];
	if (second == counted->second)
		counted->n++;
	else
		count(m, counted, second);
	return true;
}

bool moved_is_new(struct moved *m, uint32_t jail, uint32_t source, int64_t time)
{
	return is_new(m, &m->places[jail], source, time);
}

bool moved_line_is_new(struct moved *m, uint32_t source, int64_t time)
{
	return is_new(m, &m->lines, source, time);
}

void moved_save(struct moved *m, bool all)
{
	for (size_t i = 0; i < m->n; i++)
		put(m, &m->places[i], all);
	put(m, &m->lines, all);
}
