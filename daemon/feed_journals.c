/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All journals that jails look at: the host's own and those that backends name,
 * each read once. One that cannot be opened must not keep the others from it.
 */
#include "daemon/feed_journals.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/config.h"

/* Goes over those that are read, and closes what no jail wants any more. */
static int keep_journals(struct feed_journals *all, const struct config *config,
	struct state *state, const struct feed_journal_user *user)
{
	size_t kept = 0;
	int failed = 0;

	for (size_t i = 0; i < all->n; i++) {
		struct feed_journal **j = &all->items[i];
		uint64_t before = feed_journal_lines(*j);
		int r = feed_journal_configure(j, NULL, config, state, user);

		if (r < 0)
			failed = r;
		if (*j)
			all->items[kept++] = *j;
		else
			all->lines_gone += before;
	}
	all->n = kept;
	return failed;
}

static bool has_journal(
	const struct feed_journals *all, const struct jail_journal *which)
{
	for (size_t i = 0; i < all->n; i++)
		if (feed_journal_is(all->items[i], which))
			return true;
	return false;
}

static int add_journals(struct feed_journals *all, const struct config *config,
	struct state *state, const struct feed_journal_user *user)
{
	int failed = 0, r;

	for (size_t i = 0; i < config->n; i++) {
		const struct config_jail *item = &config->items[i];
		struct feed_journal *journal = NULL, **more;

		if (item->journal_filter == CONFIG_NO_FILTER ||
			has_journal(all, item->jail->journal))
			continue;
		more = reallocarray(
			all->items, all->n + 1, sizeof(struct feed_journal *));
		if (!more)
			return -ENOMEM;
		all->items = more;
		r = feed_journal_configure(
			&journal, item->jail->journal, config, state, user);
		if (r < 0)
			failed = r;
		if (journal)
			all->items[all->n++] = journal;
	}
	return failed;
}

int feed_journals_configure(struct feed_journals *all,
	const struct config *config, struct state *state,
	const struct feed_journal_user *user)
{
	int kept = keep_journals(all, config, state, user),
	    added = add_journals(all, config, state, user);

	return kept < 0 ? kept : added;
}

void feed_journals_deinit(struct feed_journals *all)
{
	for (size_t i = 0; i < all->n; i++)
		feed_journal_free(&all->items[i]);
	free(all->items);
}

bool feed_journals_read(struct feed_journals *all)
{
	bool more = false;

	for (size_t i = 0; i < all->n; i++)
		more |= feed_journal_read(all->items[i]);
	return more;
}

void feed_journals_tick(struct feed_journals *all)
{
	for (size_t i = 0; i < all->n; i++)
		feed_journal_tick(all->items[i]);
}

void feed_journals_save(
	struct feed_journals *all, struct state *state, bool again)
{
	for (size_t i = 0; i < all->n; i++)
		if (again)
			feed_journal_save_again(all->items[i], state);
		else
			feed_journal_save(all->items[i], state);
}

uint64_t feed_journals_lines(const struct feed_journals *all)
{
	uint64_t lines = all->lines_gone;

	for (size_t i = 0; i < all->n; i++)
		lines += feed_journal_lines(all->items[i]);
	return lines;
}
