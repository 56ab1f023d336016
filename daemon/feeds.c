/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which jails look at which sources. A jail's logpaths are patterns, a
 * pattern's files become feeds, and a feed asks the filters of all its jails
 * at once.
 */
#include "daemon/feeds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"
#include "daemon/feeds_parts.h"
#include "daemon/seats.h"
#include "daemon/state.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/repeated.h"
#include "sources/file.h"
#include "sources/glob.h"

/* Read at a time, before other work gets its turn: so many bytes, and not for
 * longer, but for the line that is looked at then. */
#define PORTION (256 * 1024)
#define PORTION_TIME (4 * CLOCK_MILLISECOND)
/* The clock is asked after so many lines that expressions were run on, and
 * after each that is long: only such take long. */
#define PORTION_LINES 8
#define LINE_LONG 1024

/* One logpath of one jail. */
struct feeds_pattern {
	struct feeds *feeds;
	size_t jail;
	bool tail;
	struct file_glob *glob;
};

struct feeds *feeds_new(struct state *state, struct passed passed,
	const struct feeds_user *user)
{
	struct feeds *feeds = calloc(1, sizeof(*feeds));

	if (!feeds)
		return NULL;
	feeds->state = state;
	feeds->user = *user;
	feeds->watch = file_watch_new();
	feeds->syslog = feed_syslog_new(passed);
	if (!feeds->watch || !feeds->syslog)
		feeds_free(&feeds);
	return feeds;
}

static void on_failure(void *ctx, size_t jail, const struct failure *failure)
{
	const struct feed *feed = ctx;
	const struct feeds *feeds = feed->feeds;

	feeds->user.failure(feeds->user.ctx, jail, feed->number, failure);
}

/* Behind a line that expressions were run on, or that is counted for many. */
static bool is_over(struct feeds *feeds, const struct line *line)
{
	if (++feeds->searched < PORTION_LINES && line->text_len < LINE_LONG)
		return false;
	feeds->searched = 0;
	return clock_mono() >= feeds->until;
}

static void on_line(void *ctx, const struct line *line)
{
	struct feed *feed = ctx;
	struct feeds *feeds = feed->feeds;

	if (feeds->config->settings.counters)
		feeds->user.line(feeds->user.ctx, line, feed->number);
	if ((seats_line(feed->seats, line) || repeated_begins(line)) &&
		is_over(feeds, line))
		file_source_enough(feed->source);
}

static void feed_save(struct feed *feed)
{
	char text[FILE_POSITION_TEXT];

	file_source_position(feed->source, text);
	state_put_position(feed->feeds->state, file_source_path(feed->source),
		text, strlen(text) + 1);
	feed->saved_lines = file_source_stats(feed->source)->lines;
}

static void feed_free(struct feed *feed)
{
	seats_free(&feed->seats);
	file_source_free(&feed->source);
	free(feed);
}

static void patterns_free(struct feeds *feeds)
{
	for (size_t i = 0; i < feeds->patterns_n; i++)
		file_glob_free(&feeds->patterns[i].glob);
	free(feeds->patterns);
	feeds->patterns = NULL;
	feeds->patterns_n = 0;
}

void feeds_free(struct feeds **feeds)
{
	struct feeds *f = *feeds;

	if (!f)
		return;
	patterns_free(f);
	for (size_t i = 0; i < f->n; i++)
		feed_free(f->items[i]);
	free(f->items);
	feed_journals_deinit(&f->journals);
	feed_syslog_free(&f->syslog);
	file_watch_free(&f->watch);
	free(f);
	*feeds = NULL;
}

/* NULL if it cannot be made: it is tried again when files change. */
static struct feed *feed_new(struct feeds *feeds, const char *path, bool tail)
{
	char text[FILE_POSITION_TEXT];
	size_t n = state_get_position(feeds->state, path, text, sizeof(text));
	bool known = n > 0 && n <= sizeof(text) && text[n - 1] == '\0';
	struct feed *feed = calloc(1, sizeof(*feed));
	struct feed **items;
	int r;

	items = reallocarray(feeds->items, feeds->n + 1, sizeof(struct feed *));
	if (!feed || !items)
		abort();
	feeds->items = items;
	r = file_source_new(feeds->watch, path,
		tail ? FILE_START_END : FILE_START_BEGIN, known ? text : NULL,
		&feed->source);
	if (r < 0) {
		log_error("%s cannot be followed: %s", path, strerror(-r));
		free(feed);
		return NULL;
	}
	feed->feeds = feeds;
	feed->told = FILE_FOLLOWED;
	feed->number = feeds->numbers++;
	return feeds->items[feeds->n++] = feed;
}

static void on_path(void *ctx, const char *path)
{
	struct feeds_pattern *p = ctx;
	struct feeds *feeds = p->feeds;
	struct feed *feed = NULL;

	for (size_t i = 0; i < feeds->n && !feed; i++)
		if (strcmp(file_source_path(feeds->items[i]->source), path) ==
			0)
			feed = feeds->items[i];
	if (!feed)
		feed = feed_new(feeds, path, p->tail);
	if (!feed)
		return;
	if (!feed->seats)
		feed->seats = seats_new(feeds->config,
			&(struct seats_user){on_failure, feed, &feed->matched});
	seats_add(feed->seats, p->jail,
		feeds->config->items[p->jail].file_filter);
}

static void scan_patterns(struct feeds *feeds)
{
	for (size_t i = 0; i < feeds->patterns_n; i++)
		if (file_glob_changed(feeds->patterns[i].glob))
			file_glob_scan(feeds->patterns[i].glob, on_path,
				&feeds->patterns[i]);
}

static int make_patterns(struct feeds *feeds)
{
	const struct config *config = feeds->config;
	size_t n = 0;

	for (size_t j = 0; j < config->n; j++)
		n += config->items[j].jail->logpaths_n;
	feeds->patterns = calloc(n + 1, sizeof(*feeds->patterns));
	if (!feeds->patterns)
		return -ENOMEM;
	for (size_t j = 0; j < config->n; j++) {
		const struct jail *jail = config->items[j].jail;

		if (config->items[j].file_filter == CONFIG_NO_FILTER)
			continue;
		for (size_t i = 0; i < jail->logpaths_n; i++) {
			struct feeds_pattern *p =
				&feeds->patterns[feeds->patterns_n];

			*p = (struct feeds_pattern){.feeds = feeds,
				.jail = j,
				.tail = jail->logpaths[i].tail};
			if (file_glob_new(feeds->watch, jail->logpaths[i].glob,
				    &p->glob) < 0)
				return -ENOMEM;
			feeds->patterns_n++;
		}
	}
	return 0;
}

/* Sources that no jail looks at any more. */
static void drop_idle(struct feeds *feeds)
{
	size_t kept = 0;

	for (size_t i = 0; i < feeds->n; i++) {
		if (feeds->items[i]->seats) {
			feeds->items[kept++] = feeds->items[i];
			continue;
		}
		feed_save(feeds->items[i]);
		feeds->lines_gone +=
			file_source_stats(feeds->items[i]->source)->lines;
		feed_free(feeds->items[i]);
	}
	feeds->n = kept;
}

static bool file_is_read(void *ctx, size_t jail)
{
	struct feeds *feeds = ctx;

	for (size_t i = 0; i < feeds->n; i++)
		if (seats_has(feeds->items[i]->seats, jail) &&
			file_source_state(feeds->items[i]->source) ==
				FILE_FOLLOWED)
			return true;
	return false;
}

int feeds_configure(struct feeds *feeds, const struct config *config)
{
	const struct feed_journal_user user = {
		.feeds = feeds->user,
		.file_is_read = file_is_read,
		.file_ctx = feeds,
	};
	int r;

	patterns_free(feeds);
	for (size_t i = 0; i < feeds->n; i++)
		seats_free(&feeds->items[i]->seats);
	feeds->config = config;
	r = make_patterns(feeds);
	if (r < 0)
		return r;
	scan_patterns(feeds);
	drop_idle(feeds);
	feed_syslog_configure(feeds->syslog, config, &feeds->user);
	return feed_journals_configure(
		&feeds->journals, config, feeds->state, &user);
}

int feeds_file_fd(const struct feeds *feeds)
{
	return file_watch_fd(feeds->watch);
}

static struct feed *feed_of(struct feeds *feeds, struct file_source *source)
{
	for (size_t i = 0; i < feeds->n; i++)
		if (feeds->items[i]->source == source)
			return feeds->items[i];
	return NULL;
}

bool feeds_read(struct feeds *feeds)
{
	struct file_source *source;
	struct feed *feed;

	file_watch_process(feeds->watch);
	source = file_watch_next(feeds->watch);
	feed = source ? feed_of(feeds, source) : NULL;
	if (!feed)
		return false;
	feeds->until = clock_mono() + PORTION_TIME;
	file_source_read(source, on_line, feed, PORTION);
	return true;
}

bool feeds_has_journal(const struct feeds *feeds)
{
	return feeds->journals.n > 0;
}

bool feeds_read_journal(struct feeds *feeds)
{
	return feed_journals_read(&feeds->journals);
}

int feeds_syslog_fd(const struct feeds *feeds)
{
	return feed_syslog_fd(feeds->syslog);
}

void feeds_read_syslog(struct feeds *feeds)
{
	feed_syslog_read(feeds->syslog);
}

void feeds_tick(struct feeds *feeds)
{
	file_watch_tick(feeds->watch);
	feed_journals_tick(&feeds->journals);
	feed_syslog_tick(feeds->syslog);
	scan_patterns(feeds);
	for (size_t i = 0; i < feeds->n; i++)
		feeds_tell(feeds->items[i]);
}

void feeds_save(struct feeds *feeds)
{
	for (size_t i = 0; i < feeds->n; i++) {
		struct feed *feed = feeds->items[i];

		if (file_source_stats(feed->source)->lines != feed->saved_lines)
			feed_save(feed);
	}
	feed_journals_save(&feeds->journals, feeds->state, false);
}

void feeds_save_all(struct feeds *feeds)
{
	for (size_t i = 0; i < feeds->n; i++)
		feed_save(feeds->items[i]);
	feed_journals_save(&feeds->journals, feeds->state, true);
}
