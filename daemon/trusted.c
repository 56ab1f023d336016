/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of a source that tells who wrote them. Any local user can log under
 * any name: what a stranger wrote must have nobody banned, and must leave the
 * filters that remember lines as they are. Whom a jail believes is the
 * source's to say, for what is known of a writer differs.
 */
#include "daemon/trusted.h"

#include <stdlib.h>

#include "daemon/config.h"
#include "daemon/seats.h"
#include "lib/clock.h"
#include "lib/line.h"

/* How often the log tells of lines that were not believed. */
#define TELL_EVERY (60 * CLOCK_SECOND)

struct trusted {
	struct trusted_user user;
	const struct config *config;
	struct seats *all;
	/* Without the filters that what a stranger wrote must not reach. */
	struct seats *stateless;
	bool any_state; /* some filter remembers lines */
	uint64_t matched, refused, refused_told;
	int64_t told_at;       /* monotonic; 0 = never */
	size_t last_jail;      /* of the last line refused */
	bool counted, doubted; /* what became of the line at hand */
	const struct line *line;
	uint64_t lines; /* with it */
	struct answer {
		uint64_t line; /* which it is about */
		enum trusted_answer is;
	} * answers; /* by jail */
};

/* Once a line: an entry's fields are dear to read. */
static enum trusted_answer ask(struct trusted *t, size_t jail)
{
	struct answer *a = &t->answers[jail];

	if (a->line != t->lines)
		*a = (struct answer){
			t->lines, t->user.ask(t->user.ctx, jail, t->line)};
	return a->is;
}

static bool is_elsewhere(const struct trusted *t, size_t jail)
{
	return t->user.elsewhere &&
	       t->user.elsewhere(t->user.elsewhere_ctx, jail);
}

static void on_failure(void *ctx, size_t jail, const struct failure *failure)
{
	struct trusted *t = ctx;

	if (is_elsewhere(t, jail))
		return;
	switch (ask(t, jail)) {
	case TRUSTED_NOT_FOR_IT:
		break;
	case TRUSTED_BELIEVED:
		t->counted |= !failure->name;
		t->user.feeds.failure(
			t->user.feeds.ctx, jail, t->user.source, failure);
		break;
	case TRUSTED_DOUBTED:
		t->doubted = true;
		t->last_jail = jail;
		t->user.feeds.refused(t->user.feeds.ctx, jail);
		break;
	}
}

static bool remembers(const struct filter *filter)
{
	return filter_keeps_state(filter) || filter_warns(filter);
}

static const struct filter *filter_of(const struct trusted *t, size_t i)
{
	return t->config->filters[seats_filter(t->all, i)];
}

/* Does a jail believe the line whose filter remembers it? */
static bool may_be_remembered(struct trusted *t)
{
	for (size_t i = 0; i < seats_count(t->all); i++)
		if (remembers(filter_of(t, i)) &&
			ask(t, seats_jail(t->all, i)) == TRUSTED_BELIEVED)
			return true;
	return false;
}

/* Some jail has this from nowhere else, and believes who wrote it: what a
 * file has is counted there. */
static bool is_to_count(struct trusted *t)
{
	for (size_t i = 0; i < seats_count(t->all); i++) {
		size_t jail = seats_jail(t->all, i);

		if (!is_elsewhere(t, jail) && ask(t, jail) == TRUSTED_BELIEVED)
			return true;
	}
	return false;
}

void trusted_line(struct trusted *t, const struct line *line)
{
	struct seats *seats = t->all;
	struct line strangers;

	t->line = line;
	t->lines++;
	t->counted = t->doubted = false;
	if (t->any_state && !may_be_remembered(t)) {
		seats = t->stateless;
		strangers = *line;
		strangers.stranger = true;
		line = &strangers;
	}
	seats_line(seats, line);
	if (t->config->settings.counters && is_to_count(t))
		t->user.feeds.line(t->user.feeds.ctx, line, t->user.source);
	t->matched += t->counted;
	t->refused += t->doubted;
}

struct trusted *trusted_new(void)
{
	struct trusted *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	return t;
}

void trusted_free(struct trusted **trusted)
{
	struct trusted *t = *trusted;

	if (!t)
		return;
	seats_free(&t->all);
	seats_free(&t->stateless);
	free(t->answers);
	free(t);
	*trusted = NULL;
}

void trusted_configure(struct trusted *t, const struct config *config,
	const struct trusted_user *user)
{
	const struct seats_user seats = {.failure = on_failure, .ctx = t};

	seats_free(&t->all);
	seats_free(&t->stateless);
	t->user = *user;
	t->config = config;
	t->all = seats_new(config, &seats);
	t->stateless = seats_new(config, &seats);
	free(t->answers);
	t->answers = calloc(config->n + 1, sizeof(*t->answers));
	if (!t->answers)
		abort();
	t->any_state = false;
	/* A line refused is of a jail of the old numbers. */
	t->refused_told = t->refused;
}

void trusted_add(struct trusted *t, size_t jail, size_t filter)
{
	seats_add(t->all, jail, filter);
	t->any_state |= remembers(t->config->filters[filter]);
	if (!filter_keeps_state(t->config->filters[filter]))
		seats_add(t->stateless, jail, filter);
}

bool trusted_is_needed(const struct trusted *t)
{
	for (size_t i = 0; i < seats_count(t->all); i++)
		if (!is_elsewhere(t, seats_jail(t->all, i)))
			return true;
	return false;
}

uint64_t trusted_matched(const struct trusted *t)
{
	return t->matched;
}

uint64_t trusted_refused(const struct trusted *t)
{
	return t->refused;
}

void trusted_tell(struct trusted *t, trusted_tell_fn fn, void *ctx)
{
	int64_t now = clock_mono();

	if (t->refused == t->refused_told ||
		(t->told_at && now - t->told_at < TELL_EVERY))
		return;
	fn(ctx, t->config->items[t->last_jail].jail->name,
		t->refused - t->refused_told);
	t->refused_told = t->refused;
	t->told_at = now;
}
