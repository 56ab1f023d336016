/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When the engine does what: the sources of its event loop, and a turn of each.
 * No turn waits, and none takes longer than the portion that it reads: whoever
 * has much to say must not hold up the others, nor a ban.
 */
#include <signal.h>
#include <string.h>

#include "daemon/audit.h"
#include "daemon/config.h"
#include "daemon/counters.h"
#include "daemon/engine_parts.h"
#include "daemon/given_up.h"
#include "daemon/signs.h"
#include "daemon/warden_client.h"
#include "lib/clock.h"
#include "lib/log.h"

#define MILLISECOND UINT64_C(1000)
/* How often the journal is looked at, and everything else. */
#define JOURNAL_EVERY (4 * MILLISECOND)
#define TICK_EVERY (1000 * MILLISECOND)
/* How long changes may wait to be written to the state store. */
#define SAVE_EVERY (500 * INT64_C(1000))

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

int engine_loop_fill(struct engine *e)
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

void engine_loop_empty(struct engine *e)
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
