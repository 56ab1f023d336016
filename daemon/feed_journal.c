/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A journal read once for all jails that look at it. What a program logs
 * there is as free as any log line, but who wrote it is journald's own word,
 * and whom a jail believes is asked of journal_trust.c. Of a journal that is
 * not the host's own it is that only where root alone can write its files.
 */
#include "daemon/feed_journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"
#include "daemon/foreign.h"
#include "daemon/journal_trust.h"
#include "daemon/state.h"
#include "daemon/syslog_trust.h"
#include "daemon/trusted.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "sources/journal.h"

/* Entries read at a time, before other work gets its turn. */
#define PORTION 2000
#define PORTION_TIME (4 * CLOCK_MILLISECOND)
/* The host's own, and the name of its position in the state store. */
#define NAME "journal"

struct feed_journal {
	struct foreign *foreign;     /* NULL: the host's own */
	struct syslog_trust *users;  /* NULL: it may be of another host */
	struct journal *journal;     /* NULL: not there, or not to be had */
	char cursor[JOURNAL_CURSOR]; /* where to begin when it is opened */
	int64_t since;		     /* the same where there is no cursor */
	struct journal_stats gone;   /* of what was opened before */
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
	bool told_strangers, told_cut;
	int64_t until; /* monotonic: others have their turn then */
	bool enough;   /* it was then before the portion's end */
};

static enum trusted_answer believe(
	void *ctx, size_t jail, const struct line *line)
{
	struct feed_journal *f = ctx;
	enum trusted_answer answer;

	if (!f->writer_known)
		journal_writer_read(f->journal, &f->writer);
	f->writer_known = true;
	answer = journal_trust_ask(
		f->trusts[jail], f->journal, &f->writer, f->users, line);
	if (answer == TRUSTED_BELIEVED && f->foreign &&
		foreign_stranger(f->foreign) &&
		f->config->items[jail].jail->trust != JAIL_TRUST_ANY)
		return TRUSTED_DOUBTED;
	return answer;
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
	syslog_trust_free(&(*journal)->users);
	foreign_free(&(*journal)->foreign);
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

const char *feed_journal_name(const struct feed_journal *f)
{
	return f->foreign ? foreign_name(f->foreign) : NAME;
}

uint32_t feed_journal_number(const struct feed_journal *f)
{
	return f->foreign ? FEEDS_FOREIGN : FEEDS_JOURNAL;
}

bool feed_journal_is(
	const struct feed_journal *f, const struct jail_journal *which)
{
	return strcmp(feed_journal_name(f), which ? which->name : NAME) == 0;
}

/* Does the jail look at this one? */
static bool is_for(const struct feed_journal *f, const struct config_jail *item)
{
	return item->journal_filter != CONFIG_NO_FILTER &&
	       feed_journal_is(f, item->jail->journal);
}

/* The mail of another journal is not this host's. */
static void no_line(void *ctx, const struct line *line, uint32_t source)
{
	(void)ctx;
	(void)line;
	(void)source;
}

static void fill(struct feed_journal *f, const struct config *config)
{
	struct trusted_user user = {.feeds = f->user.feeds,
		.source = feed_journal_number(f),
		.ask = believe,
		.ctx = f,
		.elsewhere = f->user.file_is_read,
		.elsewhere_ctx = f->user.file_ctx};

	if (f->foreign)
		user.feeds.line = no_line;
	f->config = config;
	trusted_configure(f->trusted, config, &user);
	f->trusts = calloc(config->n + 1, sizeof(struct journal_trust *));
	if (!f->trusts)
		abort();
	for (size_t i = 0; i < config->n; i++) {
		const struct config_jail *item = &config->items[i];

		if (!is_for(f, item))
			continue;
		f->trusts[i] = journal_trust_new(item);
		trusted_add(f->trusted, i, item->journal_filter);
	}
	join_matches(f);
}

/* Where it stood, by the state store. */
static void read_position(struct feed_journal *f, struct state *state)
{
	size_t n = state_get_position(
		state, feed_journal_name(f), f->cursor, sizeof(f->cursor));

	if (n == 0 || n > sizeof(f->cursor) || f->cursor[n - 1] != '\0')
		f->cursor[0] = '\0';
}

static void close_journal(struct feed_journal *f)
{
	const struct journal_stats *stats;

	if (!f->journal)
		return;
	stats = journal_stats(f->journal);
	f->gone.entries += stats->entries;
	f->gone.cut += stats->cut;
	journal_cursor(f->journal, f->cursor);
	journal_free(&f->journal);
}

/* Without them it would be read in full, so then it is not open: a tick tries
 * it again. */
static int set_matches(struct feed_journal *f)
{
	int r = journal_set_matches(f->journal, f->matches, f->matches_n);

	if (r < 0)
		close_journal(f);
	return r;
}

static int open_journal(struct feed_journal *f)
{
	const struct journal_place *place = NULL;
	int r;

	close_journal(f);
	if (f->foreign) {
		place = foreign_place(f->foreign);
		if (!place)
			return -ENOENT;
	}
	r = journal_new(&f->journal, place, f->cursor, f->since);
	return r < 0 ? r : set_matches(f);
}

/* Some jail there believes none of it. */
static void tell_strangers(struct feed_journal *f)
{
	const char *stranger = foreign_stranger(f->foreign);
	bool doubts = false;

	for (size_t i = 0; i < f->config->n; i++)
		doubts |= f->trusts[i] &&
			  f->config->items[i].jail->trust != JAIL_TRUST_ANY;
	if (f->told_strangers || !doubts || !stranger)
		return;
	f->told_strangers = true;
	log_warning("%s: others than root can write its files, as %s is not "
		    "root's alone, so nobody there is believed, but by a jail "
		    "with trust = any",
		feed_journal_name(f), stranger);
}

/* Of a pattern that fits more files than are opened. */
static void tell_cut(struct feed_journal *f)
{
	bool cut = foreign_is_cut(f->foreign);

	if (cut && !f->told_cut)
		log_warning("%s: there are more files than can be read, and "
			    "only the first are; name fewer, or the directory "
			    "with journalpath",
			feed_journal_name(f));
	f->told_cut = cut;
}

/* Files that came, went or were replaced. */
static void look_again(struct feed_journal *f)
{
	bool other = foreign_look(f->foreign);

	tell_cut(f);
	if (other || (!f->journal && foreign_place(f->foreign)))
		open_journal(f);
	if (f->journal)
		tell_strangers(f);
}

/* Who tried it last, and how often it was tried. */
static void tell_refused(void *ctx, const char *jail, unsigned long long n)
{
	struct feed_journal *f = ctx;
	const struct journal_writer *w = &f->last;

	log_warning("[%s] %s: %llu line%s not counted, the last by uid "
		    "%lu (%s, %s): only root and what the jail is for are "
		    "believed; see trust in mailban-jail(5)",
		jail, feed_journal_name(f), n, n == 1 ? "" : "s", w->uid,
		w->comm[0] ? w->comm : "no program",
		w->unit[0] ? w->unit : "no unit");
}

static struct feed_journal *feed_new(const struct jail_journal *which,
	const struct config *config, struct state *state)
{
	struct feed_journal *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	if (which) {
		f->foreign = foreign_new(which);
		foreign_look(f->foreign);
	} else {
		f->users = syslog_trust_new(NULL);
	}
	f->trusted = trusted_new();
	read_position(f, state);
	f->since =
		clock_wall() - config_longest_findtime(config) * CLOCK_SECOND;
	return f;
}

int feed_journal_configure(struct feed_journal **journal,
	const struct jail_journal *which, const struct config *config,
	struct state *state, const struct feed_journal_user *user)
{
	struct feed_journal *f = *journal;
	bool wanted = false, kept = f != NULL;
	int r;

	if (!f)
		f = feed_new(which, config, state);
	for (size_t i = 0; i < config->n; i++)
		wanted |= is_for(f, &config->items[i]);
	if (!wanted) {
		if (*journal)
			feed_journal_save(f, state);
		feed_journal_free(&f);
		*journal = NULL;
		return 0;
	}
	/* A line refused is of a jail of the old numbers. */
	trusted_tell(f->trusted, tell_refused, f);
	clear(f);
	f->user = *user;
	fill(f, config);
	f->told_strangers = false;
	r = f->journal ? set_matches(f) : open_journal(f);
	if (r < 0 && !f->foreign && !kept) {
		feed_journal_free(&f);
		return r;
	}
	*journal = f;
	return 0;
}

bool feed_journal_read(struct feed_journal *journal)
{
	int n;

	if (!journal->journal)
		return false;
	journal->enough = false;
	journal->until = clock_mono() + PORTION_TIME;
	n = journal_read(journal->journal, on_line, journal, PORTION);
	if (n < 0 && n != -EAGAIN)
		log_debug("%s: %s", feed_journal_name(journal), strerror(-n));
	return n == PORTION || journal->enough;
}

static const char *trouble_of(const struct feed_journal *f)
{
	if (!f->journal)
		return "is not there, or may not be read; waiting for it";
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
		log_warning("the %s %s", feed_journal_name(f), trouble);
	else
		log_info("the %s is read now", feed_journal_name(f));
}

void feed_journal_tick(struct feed_journal *journal)
{
	if (journal->foreign)
		look_again(journal);
	else if (!journal->journal)
		open_journal(journal);
	if (journal->journal)
		journal_tick(journal->journal);
	if (journal->users)
		syslog_trust_tick(journal->users);
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
	journal->saved_entries = feed_journal_lines(journal);
	if (journal->journal)
		journal_cursor(journal->journal, journal->cursor);
	if (journal->cursor[0])
		state_put_position(state, feed_journal_name(journal),
			journal->cursor, strlen(journal->cursor) + 1);
}

uint64_t feed_journal_lines(const struct feed_journal *journal)
{
	return journal->gone.entries +
	       (journal->journal ? journal_stats(journal->journal)->entries
				 : 0);
}

void feed_journal_status(
	const struct feed_journal *journal, struct feed_status *out)
{
	*out = (struct feed_status){
		.number = feed_journal_number(journal),
		.name = feed_journal_name(journal),
		.kind = "journal",
		.trouble = trouble_of(journal),
		.lines = feed_journal_lines(journal),
		.matched = trusted_matched(journal->trusted),
		.cut = journal->gone.cut +
		       (journal->journal ? journal_stats(journal->journal)->cut
					 : 0),
		.refused = trusted_refused(journal->trusted),
	};
}
