/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal read once for all jails that look at it. What a program logs
 * there is as free as any log line, but who wrote it is journald's own word:
 * an entry counts for a jail only if its trusted fields say that the system
 * wrote it, so that no local user can have others banned with logger(1).
 */
#include "daemon/feed_journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"
#include "daemon/state.h"
#include "filters/dispatch.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "sources/journal.h"

/* Entries read at a time, before other work gets its turn. */
#define PORTION 2000
/* The name of its position in the state store. */
#define NAME "journal"
/* Users below this are the system's (login.defs(5), SYS_UID_MAX). */
#define SYSTEM_UIDS 1000

struct seat {
	size_t jail, filter; /* indices of the configuration */
	struct journal_match *groups;
	size_t groups_n;
};

struct feed_journal {
	struct journal *journal;
	struct feed_journal_user user;
	struct seat *seats;
	size_t seats_n;
	struct journal_match *matches; /* the union of the seats' */
	size_t matches_n;
	struct filter **filters;
	size_t *filter_ids;
	size_t filters_n;
	struct dispatch *dispatch;
	uint64_t matched, refused, refused_told;
	uint64_t saved_entries;
	bool told_unreadable; /* what the log said of it */
};

static bool is_local_users(const char *unit)
{
	return strncmp(unit, "user@", 5) == 0 ||
	       strncmp(unit, "session-", 8) == 0;
}

/* The system wrote it: root, a system service, or a system user by itself. */
static bool is_trusted(struct feed_journal *f)
{
	char uid[16], unit[256];

	if (!journal_field(f->journal, "_UID", uid, sizeof(uid)))
		return true; /* the kernel, or journald itself */
	if (strcmp(uid, "0") == 0)
		return true;
	if (journal_field(f->journal, "_SYSTEMD_UNIT", unit, sizeof(unit)))
		return !is_local_users(unit);
	return strtoul(uid, NULL, 10) < SYSTEM_UIDS;
}

/*
 * A group that names a unit or a user is trust enough: no process chooses
 * its own. _COMM and _CMDLINE it writes itself, and _EXE is what its own
 * mounts make it.
 */
static bool names_trusted(const struct journal_match *group)
{
	static const char *const fields[] = {"_SYSTEMD_UNIT=", "_UID="};

	for (size_t i = 0; i < group->n; i++)
		for (size_t k = 0; k < sizeof(fields) / sizeof(*fields); k++)
			if (strncmp(group->fields[i], fields[k],
				    strlen(fields[k])) == 0)
				return true;
	return false;
}

static bool counts_for(struct feed_journal *f, const struct seat *seat)
{
	bool fits = seat->groups_n == 0;

	for (size_t i = 0; i < seat->groups_n; i++) {
		if (!journal_fits(f->journal, &seat->groups[i]))
			continue;
		if (names_trusted(&seat->groups[i]))
			return true;
		fits = true;
	}
	if (!fits)
		return false;
	if (is_trusted(f))
		return true;
	f->refused++;
	return false;
}

static void on_verdict(void *ctx, size_t filter, enum filter_verdict v,
	const struct failure *failure)
{
	struct feed_journal *f = ctx;
	bool matched = false;

	if (v != FILTER_MATCH)
		return;
	for (size_t i = 0; i < f->seats_n; i++) {
		const struct seat *seat = &f->seats[i];

		if (seat->filter != f->filter_ids[filter] ||
			f->user.file_is_read(f->user.file_ctx, seat->jail) ||
			!counts_for(f, seat))
			continue;
		matched = true;
		f->user.failure(f->user.failure_ctx, seat->jail, failure);
	}
	f->matched += matched;
}

static void on_line(void *ctx, const struct line *line)
{
	struct feed_journal *f = ctx;

	dispatch_line(f->dispatch, line, on_verdict, f);
}

static void clear(struct feed_journal *f)
{
	dispatch_free(&f->dispatch);
	for (size_t i = 0; i < f->seats_n; i++)
		free(f->seats[i].groups);
	free(f->seats);
	free(f->matches);
	free(f->filters);
	free(f->filter_ids);
	f->seats = NULL;
	f->matches = NULL;
	f->filters = NULL;
	f->filter_ids = NULL;
	f->seats_n = f->matches_n = f->filters_n = 0;
}

void feed_journal_free(struct feed_journal **journal)
{
	if (!*journal)
		return;
	clear(*journal);
	journal_free(&(*journal)->journal);
	free(*journal);
	*journal = NULL;
}

static void add_seat(
	struct feed_journal *f, const struct config_jail *item, size_t jail)
{
	struct seat *seat = &f->seats[f->seats_n++];

	*seat = (struct seat){.jail = jail,
		.filter = item->journal_filter,
		.groups_n = item->match_n};
	seat->groups = calloc(item->match_n + 1, sizeof(*seat->groups));
	if (!seat->groups)
		abort();
	for (size_t i = 0; i < item->match_n; i++)
		seat->groups[i] = (struct journal_match){
			item->match[i].fields, item->match[i].n};
}

static void add_filter(
	struct feed_journal *f, const struct config *config, size_t id)
{
	for (size_t i = 0; i < f->filters_n; i++)
		if (f->filter_ids[i] == id)
			return;
	f->filter_ids[f->filters_n] = id;
	f->filters[f->filters_n++] = config->filters[id];
}

/* The entries that any jail wants; one that wants all makes it all. */
static void join_matches(struct feed_journal *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->seats_n; i++) {
		if (f->seats[i].groups_n == 0)
			return;
		n += f->seats[i].groups_n;
	}
	f->matches = calloc(n + 1, sizeof(*f->matches));
	if (!f->matches)
		abort();
	for (size_t i = 0; i < f->seats_n; i++)
		for (size_t k = 0; k < f->seats[i].groups_n; k++)
			f->matches[f->matches_n++] = f->seats[i].groups[k];
}

static void fill(struct feed_journal *f, const struct config *config)
{
	f->seats = calloc(config->n + 1, sizeof(*f->seats));
	f->filters = calloc(config->n + 1, sizeof(*f->filters));
	f->filter_ids = calloc(config->n + 1, sizeof(*f->filter_ids));
	if (!f->seats || !f->filters || !f->filter_ids)
		abort();
	for (size_t i = 0; i < config->n; i++) {
		const struct config_jail *item = &config->items[i];

		if (item->journal_filter == CONFIG_NO_FILTER)
			continue;
		add_seat(f, item, i);
		add_filter(f, config, item->journal_filter);
	}
	join_matches(f);
	f->dispatch = dispatch_new(f->filters, f->filters_n);
}

/* The longest that a failure of now can look back. */
static int64_t longest_findtime(const struct config *config)
{
	int64_t most = 0;

	for (size_t i = 0; i < config->n; i++)
		if (config->items[i].jail->findtime > most)
			most = config->items[i].jail->findtime;
	return most;
}

static int open_journal(struct feed_journal *f, const struct config *config,
	struct state *state)
{
	char cursor[JOURNAL_CURSOR];
	size_t n = state_get_position(state, NAME, cursor, sizeof(cursor));
	bool known = n > 0 && n <= sizeof(cursor) && cursor[n - 1] == '\0';

	return journal_new(&f->journal, NULL, known ? cursor : NULL,
		clock_wall() - longest_findtime(config) * CLOCK_SECOND);
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
	}
	clear(f);
	f->user = *user;
	fill(f, config);
	r = journal_set_matches(f->journal, f->matches, f->matches_n);
	*journal = f;
	return r;
}

bool feed_journal_read(struct feed_journal *journal)
{
	int n = journal_read(journal->journal, on_line, journal, PORTION);

	if (n < 0 && n != -EAGAIN)
		log_debug("journal: %s", strerror(-n));
	return n == PORTION;
}

static const char *trouble_of(const struct feed_journal *f)
{
	if (journal_is_readable(f->journal))
		return NULL;
	return "has nothing that may be read: there is none yet, or the "
	       "daemon's user must be in the group systemd-journal";
}

/* Some jail has nothing but the journal. */
static bool is_needed(const struct feed_journal *f)
{
	for (size_t i = 0; i < f->seats_n; i++)
		if (!f->user.file_is_read(f->user.file_ctx, f->seats[i].jail))
			return true;
	return false;
}

static void tell_trouble(struct feed_journal *f)
{
	const char *trouble = trouble_of(f);

	if (!trouble == !f->told_unreadable || (trouble && !is_needed(f)))
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
	if (journal->refused != journal->refused_told)
		log_warning("journal: %llu failures told by a local user's "
			    "program were not counted: only what the system "
			    "itself logged bans",
			(unsigned long long)(journal->refused -
					     journal->refused_told));
	journal->refused_told = journal->refused;
}

void feed_journal_save(struct feed_journal *journal, struct state *state)
{
	uint64_t entries = journal_stats(journal->journal)->entries;
	char cursor[JOURNAL_CURSOR];

	if (entries == journal->saved_entries)
		return;
	journal->saved_entries = entries;
	journal_cursor(journal->journal, cursor);
	if (cursor[0])
		state_put_position(state, NAME, cursor, strlen(cursor) + 1);
}

void feed_journal_status(
	const struct feed_journal *journal, struct feed_status *out)
{
	*out = (struct feed_status){
		.name = NAME,
		.kind = "journal",
		.trouble = trouble_of(journal),
		.lines = journal_stats(journal->journal)->entries,
		.matched = journal->matched,
		.cut = journal_stats(journal->journal)->cut,
	};
}
