/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A jail whose lines come another way than before: a file or the journal is
 * read from where it was left last, or as far back as findtime reaches, and
 * what a jail counted by way of its old backend stands there again. So each
 * jail, and each way for the mail's counters, has the second of what it counted
 * last and how many that were; who is moved leaves out as much.
 *
 * A clock that was wrong must not make a jail blind: nothing is left out for
 * longer than it takes to catch up.
 */
#include "daemon/moved.h"

#include <inttypes.h>
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
#define CATCH_UP (10 * 60 * CLOCK_SECOND)
#define NAME_ROOM 96
#define TEXT_ROOM 128

/* So many in that second (since 1970), and all that came before. */
struct mark {
	int64_t second;
	uint64_t n;
};

struct progress {
	struct mark counted;
	struct mark skipped; /* what is left out; second 0: nothing */
	int64_t until;	     /* monotonic: then all has been caught up with */
	bool changed;
};

struct place {
	char name[NAME_ROOM];
	unsigned int ways; /* as ways_of() has them */
	struct progress failures;
};

struct moved {
	struct state *state;
	struct place *places; /* by jail */
	size_t n;
	struct progress lines[WAYS];
};

static const char *const way_names[WAYS] = {
	"lines files", "lines journal", "lines syslog"};

static void put(struct moved *m, const char *name, unsigned int ways,
	struct progress *p, bool all)
{
	char text[TEXT_ROOM];

	if (!p->changed && !all)
		return;
	p->changed = false;
	snprintf(text, sizeof(text),
		"%u %" PRIi64 " %" PRIu64 " %" PRIi64 " %" PRIu64, ways,
		p->counted.second, p->counted.n, p->skipped.second,
		p->skipped.n);
	state_put_position(m->state, name, text, strlen(text) + 1);
}

/* As put() has put it; false if there is nothing. */
static bool get(struct moved *m, const char *name, unsigned int *ways,
	struct progress *p)
{
	char text[TEXT_ROOM];
	size_t n = state_get_position(m->state, name, text, sizeof(text));

	*p = (struct progress){.until = clock_mono() + CATCH_UP};
	return n > 0 && n <= sizeof(text) && text[n - 1] == '\0' &&
	       sscanf(text, "%u %" SCNi64 " %" SCNu64 " %" SCNi64 " %" SCNu64,
		       ways, &p->counted.second, &p->counted.n,
		       &p->skipped.second, &p->skipped.n) == 5;
}

struct moved *moved_new(struct state *state)
{
	struct moved *m = calloc(1, sizeof(*m));
	unsigned int way;

	if (!m)
		abort();
	m->state = state;
	for (int i = 0; i < WAYS; i++)
		get(m, way_names[i], &way, &m->lines[i]);
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
static unsigned int ways_of(const struct config_jail *item)
{
	const struct jail_journal *j = item->jail->journal;
	unsigned int ways = (item->file_filter != CONFIG_NO_FILTER) << FILES |
			    (item->journal_filter != CONFIG_NO_FILTER)
				    << JOURNAL |
			    (item->syslog_filter != CONFIG_NO_FILTER) << SYSLOG;

	if (j && ways >> JOURNAL & 1)
		ways |= (unsigned int)hash_plain(j->name, strlen(j->name))
			<< WAYS;
	return ways;
}

/* The other way, or the other journal, may have what was counted already. */
static bool is_moved(unsigned int before, unsigned int now)
{
	return now & ~before & FROM_BEFORE || now >> WAYS != before >> WAYS;
}

/* A clock that was ahead tells nothing of what will come. */
static void skip(struct progress *p, struct mark what)
{
	int64_t now = clock_wall() / CLOCK_SECOND;

	p->skipped = what;
	if (what.second > now)
		p->skipped = (struct mark){now, 0};
	p->until = clock_mono() + CATCH_UP;
	p->changed = true;
}

/* The jail as it was before this configuration. */
static bool find(struct moved *m, const char *name, struct place *place)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->places[i].name, name) == 0) {
			*place = m->places[i];
			return true;
		}
	return get(m, name, &place->ways, &place->failures);
}

/* Lines of the ways that are left, by those that are new to all jails. */
static void move_lines(struct moved *m, unsigned int before, unsigned int now)
{
	struct mark last = {0};

	for (int i = 0; i < WAYS; i++)
		if ((before & ~now) >> i & 1 &&
			m->lines[i].counted.second > last.second)
			last = m->lines[i].counted;
	for (int i = 0; i < WAYS && last.second; i++) {
		if (!((now & ~before) >> i & 1))
			continue;
		/* It goes on from there, for who comes after it. */
		if (last.second >= m->lines[i].counted.second)
			m->lines[i].counted = last;
		if (1u << i & FROM_BEFORE)
			skip(&m->lines[i], last);
	}
}

void moved_configure(struct moved *m, const struct config *config)
{
	struct place *places = calloc(config->n + 1, sizeof(*places));
	unsigned int before = 0, now = 0;

	if (!places)
		abort();
	for (size_t i = 0; i < config->n; i++) {
		unsigned int ways = ways_of(&config->items[i]);
		struct place *p = &places[i];
		char name[NAME_ROOM];

		snprintf(name, sizeof(name), "jail %s",
			config->items[i].jail->name);
		if (find(m, name, p)) {
			before |= p->ways;
			if (is_moved(p->ways, ways))
				skip(&p->failures, p->failures.counted);
		}
		strcpy(p->name, name);
		p->failures.changed |= p->ways != ways;
		p->ways = ways;
		now |= ways;
	}
	move_lines(m, before, now);
	free(m->places);
	m->places = places;
	m->n = config->n;
}

/* A line from the future counts as one of now. */
static void count(struct progress *p, int64_t second)
{
	int64_t now;

	if (second > p->counted.second) {
		now = clock_wall() / CLOCK_SECOND;
		second = second < now ? second : now;
	}
	if (second > p->counted.second)
		p->counted = (struct mark){.second = second};
	p->counted.n += second == p->counted.second;
	p->changed = true;
}

static bool is_new(struct progress *p, int64_t time)
{
	int64_t second = time / CLOCK_SECOND;

	if (time == 0)
		return true;
	if (p->skipped.second && clock_mono() >= p->until)
		p->skipped = (struct mark){0};
	if (p->skipped.second && second < p->skipped.second)
		return false;
	if (second == p->skipped.second && p->skipped.n > 0) {
		p->skipped.n--;
		p->changed = true;
		return false;
	}
	count(p, second);
	return true;
}

bool moved_is_new(struct moved *m, uint32_t jail, int64_t time)
{
	return is_new(&m->places[jail].failures, time);
}

bool moved_line_is_new(struct moved *m, uint32_t source, int64_t time)
{
	int way = source == FEEDS_JOURNAL  ? JOURNAL
		  : source == FEEDS_SYSLOG ? SYSLOG
					   : FILES;

	return is_new(&m->lines[way], time);
}

void moved_save(struct moved *m, bool all)
{
	for (size_t i = 0; i < m->n; i++)
		put(m, m->places[i].name, m->places[i].ways,
			&m->places[i].failures, all);
	for (int i = 0; i < WAYS; i++)
		put(m, way_names[i], 0, &m->lines[i], all);
}
