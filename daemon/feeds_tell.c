/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people are told of the sources: in the log when a file comes or goes,
 * and in the status.
 */
#include "daemon/config.h"
#include "daemon/feeds_parts.h"
#include "daemon/seats.h"
#include "lib/log.h"

static const char *trouble_of(enum file_state state)
{
	switch (state) {
	case FILE_FOLLOWED:
		return NULL;
	case FILE_MISSING:
		return "is not there; waiting for it";
	case FILE_DENIED:
		return "may not be read: the daemon's user must be in the "
		       "group of the file (adm)";
	case FILE_REFUSED:
		return "is no regular file";
	}
	return NULL;
}

/* All jails of a file that is missing have the journal meanwhile. */
static bool has_stand_in(const struct feed *feed)
{
	const struct config *config = feed->feeds->config;

	for (size_t i = 0; i < seats_count(feed->seats); i++)
		if (config->items[seats_jail(feed->seats, i)].journal_filter ==
			CONFIG_NO_FILTER)
			return false;
	return true;
}

/* No jail needs it: what they count are bans. */
static bool is_needless(const struct feed *feed)
{
	const struct config *config = feed->feeds->config;

	for (size_t i = 0; i < seats_count(feed->seats); i++)
		if (!config->items[seats_jail(feed->seats, i)]
				.jail->counts_bans)
			return false;
	return true;
}

void feeds_tell(struct feed *feed)
{
	enum file_state state = file_source_state(feed->source);
	const char *path = file_source_path(feed->source);

	if (state == feed->told)
		return;
	feed->told = state;
	if (state == FILE_MISSING && is_needless(feed))
		log_info("%s is not there, and need not be", path);
	else if (state == FILE_MISSING && has_stand_in(feed))
		log_info("%s is not there: the journal is read until it is",
			path);
	else if (trouble_of(state))
		log_warning("%s %s", path, trouble_of(state));
	else
		log_info("%s is read now", path);
}

uint64_t feeds_lines(const struct feeds *feeds)
{
	uint64_t lines = feeds->lines_gone + feed_syslog_lines(feeds->syslog);

	for (size_t i = 0; i < feeds->n; i++)
		lines += file_source_stats(feeds->items[i]->source)->lines;
	return lines + feed_journals_lines(&feeds->journals);
}

size_t feeds_count(const struct feeds *feeds)
{
	return feeds->n + feeds->journals.n +
	       feed_syslog_is_there(feeds->syslog);
}

const char *feeds_source(const struct feeds *feeds, size_t i, uint32_t *number)
{
	if (i < feeds->n) {
		*number = feeds->items[i]->number;
		return file_source_path(feeds->items[i]->source);
	}
	i -= feeds->n;
	if (i < feeds->journals.n) {
		const struct feed_journal *j = feeds->journals.items[i];

		*number = feed_journal_number(j);
		return *number == FEEDS_FOREIGN ? "" : feed_journal_name(j);
	}
	if (i > feeds->journals.n || !feed_syslog_is_there(feeds->syslog))
		return NULL;
	*number = FEEDS_SYSLOG;
	return feed_syslog_is_wanted(feeds->syslog)
		       ? feed_syslog_name(feeds->syslog)
		       : "";
}

void feeds_status(const struct feeds *feeds, size_t i, struct feed_status *out)
{
	const struct feed *feed;

	if (i >= feeds->n && i < feeds->n + feeds->journals.n) {
		feed_journal_status(feeds->journals.items[i - feeds->n], out);
		return;
	}
	if (i >= feeds->n) {
		feed_syslog_status(feeds->syslog, out);
		out->number = FEEDS_SYSLOG;
		return;
	}
	feed = feeds->items[i];
	*out = (struct feed_status){
		.number = feed->number,
		.name = file_source_path(feed->source),
		.kind = "file",
		.trouble = trouble_of(file_source_state(feed->source)),
		.lines = file_source_stats(feed->source)->lines,
		.matched = feed->matched,
		.cut = file_source_stats(feed->source)->cut,
		.lag = file_source_lag(feed->source),
	};
}

const char *feeds_of_jail(const struct feeds *feeds, size_t jail, size_t i)
{
	for (size_t f = 0; f < feeds->n; f++)
		if (seats_has(feeds->items[f]->seats, jail) && i-- == 0)
			return file_source_path(feeds->items[f]->source);
	if (i == 0 &&
		feeds->config->items[jail].syslog_filter != CONFIG_NO_FILTER)
		return feed_syslog_name(feeds->syslog);
	return NULL;
}
