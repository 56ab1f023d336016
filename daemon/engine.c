/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine: lines in, orders to the warden out. It is the one place that
 * knows all stages. Nothing in a line may stop it; what stops it is the loss
 * of the warden, since bans that nobody enforces are worse than a restart.
 */
#include "daemon/engine.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon/attackers.h"
#include "daemon/audit.h"
#include "daemon/commands.h"
#include "daemon/config.h"
#include "daemon/control.h"
#include "daemon/counters.h"
#include "daemon/decisions.h"
#include "daemon/durable.h"
#include "daemon/enforce.h"
#include "daemon/engine_parts.h"
#include "daemon/feeds.h"
#include "daemon/given_up.h"
#include "daemon/import.h"
#include "daemon/outbound.h"
#include "daemon/readback.h"
#include "daemon/moved.h"
#include "daemon/signs.h"
#include "daemon/state.h"
#include "daemon/warden_client.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/memory.h"

#define MILLISECOND UINT64_C(1000)
/* How often the journal is looked at, and everything else. */
#define JOURNAL_EVERY (4 * MILLISECOND)
#define TICK_EVERY (1000 * MILLISECOND)
/* How long changes may wait to be written to the state store. */
#define SAVE_EVERY (500 * INT64_C(1000))
/* How long the warden may take to lay out its table, and to stop. */
#define WARDEN_PATIENCE 30000
/* The same if it reads back a million bans. */
#define READBACK_PATIENCE 80000
/* Bans out of the state that the warden is told of together. */
#define RESTORED_AT_ONCE 2000

void engine_save(struct engine *e)
{
	uint64_t lines = feeds_lines(e->feeds);

	if (state_is_behind(e->state)) {
		decisions_save_all(e->decisions);
		feeds_save_all(e->feeds);
		moved_save(e->moved, true);
		counters_save_all(e->counters, e->state);
		attackers_save_all(e->attackers, e->state);
		outbound_save_all(e->outbound, e->state);
		alarms_save(e->alarms, e->state, true);
	} else {
		decisions_save(e->decisions);
		feeds_save(e->feeds);
		moved_save(e->moved, false);
		counters_save(e->counters, e->state);
		attackers_save(e->attackers, e->state);
		outbound_save(e->outbound, e->state);
		alarms_save(e->alarms, e->state, false);
	}
	state_count(e->state, "lines", lines - e->lines_counted);
	e->lines_counted = lines;
	state_commit(e->state);
	e->saved = clock_mono();
}

void engine_settle(struct engine *e)
{
	decisions_settle(e->decisions);
	e->hurried = false;
	enforce_flush(e->enforce);
	if (e->warden) {
		uint32_t events = EPOLLIN;

		if (warden_client_events(e->warden) & EPOLLOUT)
			events |= EPOLLOUT;
		sd_event_source_set_io_events(e->warden_io, events);
	}
	if (clock_mono() - e->saved >= SAVE_EVERY)
		engine_save(e);
}

static void on_failure(void *ctx, size_t jail, const struct failure *failure)
{
	struct engine *e = ctx;

	if (!moved_is_new(e->moved, (uint32_t)jail, failure->time))
		return;
	if (failure->name)
		engine_ask_name(e, jail, failure);
	else
		decisions_later(e->decisions, jail, failure);
}

static void on_line(void *ctx, const struct line *line, uint32_t source)
{
	struct engine *e = ctx;

	if (moved_line_is_new(e->moved, source, line->time))
		counters_line(e->counters, line, source);
}

static const char *on_source(void *ctx, size_t i, uint32_t *number)
{
	const struct engine *e = ctx;
	struct feed_status status;

	if (i >= feeds_count(e->feeds))
		return NULL;
	feeds_status(e->feeds, i, &status);
	*number = status.number;
	return status.unused ? "" : status.name;
}

static void on_outbound(void *ctx, const struct alarm *alarm,
	enum level_news news, const struct words *words)
{
	struct engine *e = ctx;

	alarms_notice(e->alarms, alarm, news, words);
}

static bool on_hold(void *ctx, const char *ids)
{
	struct engine *e = ctx;

	return alarms_hold(e->alarms, ids);
}

static void on_refused(void *ctx, size_t jail)
{
	struct engine *e = ctx;

	decisions_refused(e->decisions, jail);
}

/* The first ban of a turn leaves at once, those behind it together. */
static void on_ban(void *ctx, const struct ban *ban)
{
	struct engine *e = ctx;

	if (e->restoring) {
		enforce_keep(e->enforce, ban);
		/* The kernel takes them while others are still read. */
		if (++e->restored % RESTORED_AT_ONCE || e->restored_waits)
			return;
		enforce_flush(e->enforce);
		/* It takes no more now: all that is left is told at the end. */
		e->restored_waits = enforce_waits(e->enforce);
		return;
	}
	counters_ban(e->counters);
	if (import_holds(e, ban, false))
		return;
	enforce_ban(e->enforce, ban);
	if (!e->hurried)
		enforce_flush(e->enforce);
	e->hurried = true;
}

static void on_unban(void *ctx, const struct ban *ban)
{
	struct engine *e = ctx;

	if (!import_holds(e, ban, true))
		enforce_unban(e->enforce, ban);
}

/* For people's eyes: who attacks. */
static void on_failed(
	void *ctx, const struct prefix *who, uint32_t count, int64_t seconds)
{
	struct engine *e = ctx;

	attackers_failed(e->attackers, who, count, seconds);
}

static void keep_ban(void *ctx, const struct ban *ban)
{
	struct engine *e = ctx;

	enforce_keep(e->enforce, ban);
}

void engine_keep_bans(struct engine *e)
{
	banlist_each(decisions_bans(e->decisions), BANLIST_ALL, keep_ban, e);
}

/* Somebody took bans away, or the table with all of them. */
static void on_lost(void *ctx)
{
	struct engine *e = ctx;

	engine_keep_bans(e);
	audit_soon(e->audit);
}

static bool is_wanted(void *ctx, size_t jail, const struct prefix *who)
{
	const struct engine *e = ctx;

	return banlist_find(
		decisions_bans(e->decisions), who, (uint16_t)jail, NULL);
}

void engine_fail(struct engine *e)
{
	e->failed = true;
	sd_event_exit(e->loop, 1);
}

/* Has it called again, at once if after is 0. */
static void go_on(sd_event_source *s, uint64_t after)
{
	sd_event_source_set_time_relative(s, after);
	sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static int on_files(sd_event_source *s, int fd, uint32_t events, void *ctx)
{
	struct engine *e = ctx;

	(void)s;
	(void)fd;
	(void)events;
	if (feeds_read(e->feeds))
		go_on(e->more, 0);
	engine_settle(e);
	return 0;
}

/* There was more than a portion: on with it, once others had their turn. */
static int on_more(sd_event_source *s, uint64_t now, void *ctx)
{
	struct engine *e = ctx;

	(void)now;
	if (feeds_read(e->feeds))
		go_on(s, 0);
	engine_settle(e);
	return 0;
}

static int on_journal(sd_event_source *s, uint64_t now, void *ctx)
{
	struct engine *e = ctx;
	bool more = feeds_read_journal(e->feeds);

	(void)now;
	engine_settle(e);
	go_on(s, more ? 0 : JOURNAL_EVERY);
	return 0;
}

static int on_syslog(sd_event_source *s, int fd, uint32_t events, void *ctx)
{
	struct engine *e = ctx;

	(void)s;
	(void)fd;
	(void)events;
	feeds_read_syslog(e->feeds);
	engine_settle(e);
	return 0;
}

static int on_tick(sd_event_source *s, uint64_t now, void *ctx)
{
	struct engine *e = ctx;

	(void)now;
	feeds_tick(e->feeds);
	/* Inotify may have lost events; a file is looked at all the same. */
	if (feeds_read(e->feeds))
		go_on(e->more, 0);
	decisions_tick(e->decisions);
	enforce_look_again(e->enforce);
	audit_tick(e->audit);
	if (e->config->settings.counters)
		counters_tick(e->counters, e->config->settings.zabbix_interval);
	signs_tick(e);
	outbound_tick(e->outbound);
	given_up_tell(e->config);
	engine_settle(e);
	go_on(s, TICK_EVERY);
	return 0;
}

static int on_warden(sd_event_source *s, int fd, uint32_t events, void *ctx)
{
	struct engine *e = ctx;
	int r = warden_client_process(e->warden);

	(void)s;
	(void)fd;
	(void)events;
	if (r < 0) {
		log_error("the warden is gone (%s): stopping; its bans stay "
			  "in the kernel",
			strerror(-r));
		engine_fail(e);
		return 0;
	}
	engine_settle(e);
	return 0;
}

static int on_signal(
	sd_event_source *s, const struct signalfd_siginfo *info, void *ctx)
{
	struct engine *e = ctx;

	(void)s;
	if (info->ssi_signo == SIGHUP) {
		engine_reload(e, NULL, NULL);
		return 0;
	}
	/* Who asks why it ended shall not have to guess. */
	log_info("%s from process %u of uid %u",
		info->ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT",
		info->ssi_pid, info->ssi_uid);
	sd_event_exit(e->loop, 0);
	return 0;
}

int engine_lay_out(struct engine *e)
{
	int r = enforce_layout(e->enforce, e->config);

	if (r < 0)
		log_error(
			"nftables: cannot lay out the table: %s", strerror(-r));
	return r;
}

int engine_follow(struct engine *e)
{
	int r;

	moved_configure(e->moved, e->config);
	r = feeds_configure(e->feeds, e->config);
	if (r < 0)
		log_error("cannot follow the logs: %s", strerror(-r));
	counters_followed(e->counters);
	if (e->journal)
		sd_event_source_set_enabled(e->journal,
			feeds_has_journal(e->feeds) ? SD_EVENT_ONESHOT
						    : SD_EVENT_OFF);
	return r;
}

static int add_sources(struct engine *e)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	int r;

	for (int i = 0; i < 3; i++) {
		r = sd_event_add_signal(
			e->loop, &e->signals[i], signals[i], on_signal, e);
		if (r < 0)
			return r;
	}
	r = sd_event_add_io(e->loop, &e->files, feeds_file_fd(e->feeds),
		EPOLLIN, on_files, e);
	if (r >= 0)
		r = sd_event_add_time_relative(
			e->loop, &e->more, CLOCK_MONOTONIC, 0, 1, on_more, e);
	if (r >= 0)
		r = sd_event_add_time_relative(e->loop, &e->journal,
			CLOCK_MONOTONIC, 0, 1, on_journal, e);
	if (r >= 0)
		r = sd_event_add_io(e->loop, &e->syslog,
			feeds_syslog_fd(e->feeds), EPOLLIN, on_syslog, e);
	if (r >= 0)
		r = sd_event_add_time_relative(e->loop, &e->tick,
			CLOCK_MONOTONIC, TICK_EVERY, 0, on_tick, e);
	if (r >= 0 && e->warden)
		r = sd_event_add_io(e->loop, &e->warden_io,
			warden_client_fd(e->warden), EPOLLIN, on_warden, e);
	if (r < 0)
		return r;
	/* Of those who read each has its turn; all others come before them,
	 * however much there is to read. */
	sd_event_source_set_priority(e->files, SD_EVENT_PRIORITY_IDLE);
	sd_event_source_set_priority(e->more, SD_EVENT_PRIORITY_IDLE);
	sd_event_source_set_priority(e->journal, SD_EVENT_PRIORITY_IDLE);
	sd_event_source_set_priority(e->syslog, SD_EVENT_PRIORITY_IDLE);
	sd_event_set_watchdog(e->loop, 1);
	return 0;
}

static void remove_sources(struct engine *e)
{
	for (int i = 0; i < 3; i++)
		sd_event_source_disable_unref(e->signals[i]);
	sd_event_source_disable_unref(e->files);
	sd_event_source_disable_unref(e->more);
	sd_event_source_disable_unref(e->journal);
	sd_event_source_disable_unref(e->syslog);
	sd_event_source_disable_unref(e->tick);
	sd_event_source_disable_unref(e->warden_io);
}

static bool engine_init(struct engine *e)
{
	const struct decisions_out out = {.ban = on_ban,
		.unban = on_unban,
		.failed = on_failed,
		.ctx = e};
	const struct feeds_user user = {.failure = on_failure,
		.line = on_line,
		.refused = on_refused,
		.ctx = e};
	struct resolver_user names;
	const struct outbound_user outbound = {
		.news = on_outbound, .hold = on_hold, .ctx = e};
	const struct enforce_user enforced = {
		.lost = on_lost, .wants = is_wanted, .ctx = e};
	int r = sd_event_default(&e->loop);
	bool cut_off;

	if (r < 0) {
		log_error("cannot make an event loop: %s", strerror(-r));
		return false;
	}
	e->started = clock_mono() / CLOCK_SECOND;
	e->enforce = enforce_new(e->warden, &enforced);
	/* The warden is at work meanwhile. */
	if (engine_lay_out(e) < 0)
		return false;
	e->state = state_open(e->options.statedir);
	state_limit(e->state, e->config->settings.max_state);
	e->audit = audit_new(e);
	e->durable = durable_new(e);
	e->decisions = decisions_new(e->config, e->state, &out);
	e->attackers = attackers_new();
	attackers_restore(e->attackers, e->state);
	if (e->config->settings.alarms.enabled)
		e->outbound =
			outbound_new(&e->config->settings.alarms, &outbound);
	outbound_restore(e->outbound, e->state);
	e->counters = counters_new(e->attackers, e->outbound);
	counters_restore(e->counters, e->state);
	counters_sources(e->counters, on_source, e);
	names = engine_names(e);
	e->resolver = resolver_new(
		e->loop, e->options.names_fd, e->options.names_pid, &names);
	e->alarms = alarms_new(e->loop, &e->options.alarms,
		&e->config->settings.alarms, e->options.statedir);
	alarms_restore(e->alarms, e->state);
	signs_begin(e);
	e->moved = moved_new(e->state);
	e->feeds = feeds_new(e->state, e->options.passed, &user);
	if (!e->feeds) {
		log_error("cannot watch files: %s", strerror(errno));
		return false;
	}
	r = add_sources(e);
	if (r < 0) {
		log_error("cannot fill the event loop: %s", strerror(-r));
		return false;
	}
	if (engine_follow(e) < 0)
		return false;
	cut_off = e->warden && state_was_cut_off(e->state);
	/* Before the bans of the state: only what they do not tell counts. */
	if (cut_off)
		readback_begin(e->warden, e->decisions, e->config->n);
	e->restoring = true;
	decisions_restore(e->decisions);
	e->restoring = false;
	/* What was kept was found to be damaged. */
	if (e->warden && !cut_off && state_was_cut_off(e->state))
		readback_begin(e->warden, e->decisions, e->config->n);
	enforce_flush(e->enforce);
	if (e->warden)
		r = warden_client_wait(e->warden, state_was_cut_off(e->state)
							  ? READBACK_PATIENCE
							  : WARDEN_PATIENCE);
	if (r < 0) {
		log_error("the warden did not get ready: %s", strerror(-r));
		return false;
	}
	e->control = control_new(
		e->loop, e->options.socket, e->options.group, commands, e);
	if (!e->control)
		log_error("%s: cannot listen: %s", e->options.socket,
			strerror(errno));
	return e->control != NULL;
}

/* Tells the warden how to leave, and waits for it. */
static void warden_stop(struct engine *e)
{
	struct request request = {
		.type = REQUEST_QUIT,
		.flush = e->config->settings.flush_on_stop && !e->failed,
	};
	int r = 0;

	if (!e->warden)
		return;
	while (r == 0 && enforce_waits(e->enforce)) {
		enforce_flush(e->enforce);
		r = warden_client_wait(e->warden, WARDEN_PATIENCE);
	}
	if (r == 0)
		r = warden_client_send(e->warden, &request, NULL, NULL);
	if (r == 0)
		r = warden_client_wait(e->warden, WARDEN_PATIENCE);
	if (r != -ETIMEDOUT)
		return;
	log_error("the warden stands still: it is ended; its bans stay in the "
		  "kernel");
	warden_client_abandon(e->warden);
}

static void engine_deinit(struct engine *e)
{
	durable_finish(e->durable);
	control_free(&e->control);
	import_free(&e->import);
	import_release(e);
	alarms_save(e->alarms, e->state, true);
	if (e->decisions && e->feeds)
		engine_save(e);
	warden_stop(e);
	remove_sources(e);
	feeds_free(&e->feeds);
	moved_free(&e->moved);
	counters_free(&e->counters);
	alarms_free(&e->alarms);
	outbound_free(&e->outbound);
	attackers_free(&e->attackers);
	resolver_free(&e->resolver);
	decisions_free(&e->decisions);
	audit_free(&e->audit);
	durable_free(&e->durable);
	enforce_free(&e->enforce);
	state_close(&e->state);
	warden_client_free(&e->warden);
	config_free(&e->config);
	sd_event_unref(e->loop);
}

int engine_run(const struct engine_options *options, struct config *config,
	struct warden_client *warden)
{
	struct engine e = {
		.options = *options, .config = config, .warden = warden};
	int status = 1;

	if (engine_init(&e)) {
		sd_notify(0, "READY=1");
		log_info("mailban " MAILBAN_VERSION " is watching with %zu "
			 "jail%s%s",
			config->n, config->n == 1 ? "" : "s",
			options->dry_run ? " (dry run: nothing is enforced)"
					 : "");
		memory_settle();
		status = sd_event_loop(e.loop);
		/* Of its own, not as it was told: bans stay. */
		e.failed |= status != 0;
		sd_notify(0, "STOPPING=1");
		log_info("stopping");
	}
	engine_deinit(&e);
	return status != 0;
}
