/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal read once for all jails that look at it. What a program logs
 * there is as free as any log line, but who wrote it is journald's own word,
 * and whom a jail believes is asked of journal_trust.c.
 */
#include "daemon/feed_journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"
#include "daemon/journal_trust.h"
#include "daemon/state.h"
#include "daemon/trusted.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "sources/journal.h"

/* Entries read at a time, before other work gets its turn. */
#define PORTION 2000
#define PORTION_TIME (4 * CLOCK_MILLISECOND)
/* The name of its position in the state store. */
#define NAME "journal"

struct feed_journal {
	struct journal *journal;
	struct feed_journal_user user;
	const struct config *config;
	struct trusted *trusted;
	struct journal_trust **trusts; /* by jail; NULL: not from here */
	struct journal_match *matches; /* the union of the jails' */
	size_t matches_n;
	struct journal_writer last;   /* who wrote what was refused last */
	struct journal_writer writer; /* of the entry at hand */
	bool writer_known;
	uint64_t saved_entries;
	bool told_unreadable; /* what the log said of it */
	int64_t until;	      /* monotonic: others have their turn then */
	bool enough;	      /* it was then before the portion's end */
};

static enum trusted_answer believe(
	void *ctx, size_t jail, const struct line *line)
{
	struct feed_journal *f = ctx;

	if (!f->writer_known)
		journal_writer_read(f->journal, &f->writer);
	f->writer_known = true;
	return journal_trust_ask(f->trusts[jail], f->journal, &f->writer, line);
}

static void on_line(void *ctx, const struct line *line)
{
	struct feed_journal *f = ctx;
	uint64_t refused = trusted_refused(f->trusted);

	f->writer_known = false;
	trusted_line(f->trusted, line);
	if (trusted_refused(f->trusted) != refused)
		f->last = f->writer;
	if (clock_mono() < f->until)
		return;
	f->enough = true;
	journal_enough(f->journal);
}

static void clear(struct feed_journal *f)
{
	for (size_t i = 0; f->config && i < f->config->n; i++)
		journal_trust_free(&f->trusts[i]);
	free(f->trusts);
	free(f->matches);
	f->trusts = NULL;
	f->matches = NULL;
	f->config = NULL;
	f->matches_n = 0;
}

void feed_journal_free(struct feed_journal **journal)
{
	if (!*journal)
		return;
	clear(*journal);
	trusted_free(&(*journal)->trusted);
	journal_free(&(*journal)->journal);
	free(*journal);
	*journal = NULL;
}

/* The entries that any jail wants; one that wants all makes it all. */
static void join_matches(struct feed_journal *f)
{
	const struct journal_match *matches;
	size_t sum = 0, n;

	for (size_t i = 0; i < f->config->n; i++) {
		if (!f->trusts[i])
			continue;
		journal_trust_matches(f->trusts[i], &n);
		if (n == 0)
			return;
		sum += n;
	}
	f->matches = calloc(sum + 1, sizeof(*f->matches));
	if (!f->matches)
		abort();
	for (size_t i = 0; i < f->config->n; i++) {
		if (!f->trusts[i])
			continue;
		matches = journal_trust_matches(f->trusts[i], &n);
		memcpy(f->matches + f->matches_n, matches,
			n * sizeof(*matches));
		f->matches_n += n;
	}
}

static void fill(struct feed_journal *f, const struct config *config)
{
	const struct trusted_user user = {.feeds = f->user.feeds,
		.source = FEEDS_JOURNAL,
		.ask = believe,
		.ctx = f,
		.elsewhere = f->user.file_is_read,
		.elsewhere_ctx = f->user.file_ctx};

	f->config = config;
	trusted_configure(f->trusted, config, &user);
	f->trusts = calloc(config->n + 1, sizeof(struct journal_trust *));
	if (!f->trusts)
		abort();
	for (size_t i = 0; i < config->n; i++) {
		const struct config_jail *item = &config->items[i];

		if (item->journal_filter == CONFIG_NO_FILTER)
			continue;
		f->trusts[i] = journal_trust_new(item);
		trusted_add(f->trusted, i, item->journal_filter);
	}
	join_matches(f);
}

static int open_journal(struct feed_journal *f, const struct config *config,
	struct state *state)
{
	char cursor[JOURNAL_CURSOR];
	size_t n = state_get_position(state, NAME, cursor, sizeof(cursor));
	bool known = n > 0 && n <= sizeof(cursor) && cursor[n - 1] == '\0';

	return journal_new(&f->journal, NULL, known ? cursor : NULL,
		clock_wall() - config_longest_findtime(config) * CLOCK_SECOND);
}

/* Who tried it last, and how often it was tried. */
static void tell_refused(void *ctx, const char *jail, unsigned long long n)
{
	struct feed_journal *f = ctx;
	const struct journal_writer *w = &f->last;

	log_warning("[%s] journal: %llu line%s not counted, the last by uid "
		    "%lu (%s, %s): only root and what the jail is for are "
		    "believed; see trust in mailban-jail(5)",
		jail, n, n == 1 ? "" : "s", w->uid,
		w->comm[0] ? w->comm : "no program",
		w->unit[0] ? w->unit : "no unit");
}

int feed_journal_configure(struct feed_journal **journal,
	const struct config *config, struct state *state,
	const struct feed_journal_user *user)
{
	struct feed_journal *f = *journal;
	bool wanted = false;
	int r = 0;

	for (size_t i = 0; i < config->n; i++)
		wanted |= config->items[i].journal_filter != CONFIG_NO_FILTER;
	if (!wanted) {
		if (f)
			feed_journal_save(f, state);
		feed_journal_free(journal);
		return 0;
	}
	if (!f) {
		f = calloc(1, sizeof(*f));
		if (!f)
			return -ENOMEM;
		r = open_journal(f, config, state);
		if (r < 0) {
			free(f);
			return r;
		}
		f->trusted = trusted_new();
	}
	/* A line refused is of a jail of the old numbers. */
	trusted_tell(f->trusted, tell_refused, f);
	clear(f);
	f->user = *user;
	fill(f, config);
	r = journal_set_matches(f->journal, f->matches, f->matches_n);
	*journal = f;
	return r;
}

bool feed_journal_read(struct feed_journal *journal)
{
	int n;

	journal->enough = false;
	journal->until = clock_mono() + PORTION_TIME;
	n = journal_read(journal->journal, on_line, journal, PORTION);
	if (n < 0 && n != -EAGAIN)
		log_debug("journal: %s", strerror(-n));
	return n == PORTION || journal->enough;
}

static const char *trouble_of(const struct feed_journal *f)
{
	if (journal_is_readable(f->journal))
		return NULL;
	return "has nothing that may be read: there is none yet, or the "
	       "daemon's user must be in the group systemd-journal";
}

static void tell_trouble(struct feed_journal *f)
{
	const char *trouble = trouble_of(f);

	if (!trouble == !f->told_unreadable ||
		(trouble && !trusted_is_needed(f->trusted)))
		return;
	f->told_unreadable = trouble != NULL;
	if (trouble)
		log_warning("the journal %s", trouble);
	else
		log_info("the journal is read now");
}

void feed_journal_tick(struct feed_journal *journal)
{
	journal_tick(journal->journal);
	tell_trouble(journal);
	trusted_tell(journal->trusted, tell_refused, journal);
}

void feed_journal_save(struct feed_journal *journal, struct state *state)
{
	if (feed_journal_lines(journal) != journal->saved_entries)
		feed_journal_save_again(journal, state);
}

void feed_journal_save_again(struct feed_journal *journal, struct state *state)
{
	char cursor[JOURNAL_CURSOR];

	journal->saved_entries = feed_journal_lines(journal);
	journal_cursor(journal->journal, cursor);
	if (cursor[0])
		state_put_position(state, NAME, cursor, strlen(cursor) + 1);
}

uint64_t feed_journal_lines(const struct feed_journal *journal)
{
	return journal_stats(journal->journal)->entries;
}

void feed_journal_status(
	const struct feed_journal *journal, struct feed_status *out)
{
	*out = (struct feed_status){
		.name = NAME,
		.kind = "journal",
		.trouble = trouble_of(journal),
		.lines = journal_stats(journal->journal)->entries,
		.matched = trusted_matched(journal->trusted),
		.cut = journal_stats(journal->journal)->cut,
		.refused = trusted_refused(journal->trusted),
	};
}
