/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine: lines in, orders to the warden out. It is the one place that
 * knows all stages: here they are made and ended; what one hands to the next
 * is in engine_flow.c, when each has its turn in engine_loop.c. Nothing in a
 * line may stop it; what stops it is the loss of the warden, since bans that
 * nobody enforces are worse than a restart.
 */
#include "daemon/engine.h"

#include <errno.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon/attackers.h"
#include "daemon/audit.h"
#include "daemon/commands.h"
#include "daemon/config.h"
#include "daemon/control.h"
#include "daemon/counters.h"
#include "daemon/durable.h"
#include "daemon/engine_parts.h"
#include "daemon/import.h"
#include "daemon/moved.h"
#include "daemon/readback.h"
#include "daemon/signs.h"
#include "daemon/state.h"
#include "daemon/warden_client.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/memory.h"

/* How long the warden may take to lay out its table, and to stop,
 * milliseconds. */
#define WARDEN_PATIENCE 30000
/* The same if it reads back a million bans. */
#define READBACK_PATIENCE 80000

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

/* All that knows people and mail, with what was kept of it. */
static void make_stages(struct engine *e)
{
	const struct decisions_out decided = engine_decisions_out(e);
	const struct outbound_user outbound = engine_outbound_user(e);
	const struct resolver_user names = engine_resolver_user(e);
	const struct alarm_settings *alarms = &e->config->settings.alarms;

	e->state = state_open(e->options.statedir);
	state_limit(e->state, e->config->settings.max_state);
	e->audit = audit_new(e);
	e->durable = durable_new(e);
	e->decisions = decisions_new(e->config, e->state, &decided);
	e->attackers = attackers_new();
	attackers_restore(e->attackers, e->state);
	if (alarms->enabled)
		e->outbound = outbound_new(alarms, &outbound);
	outbound_restore(e->outbound, e->state);
	e->counters = counters_new(e->attackers, e->outbound);
	counters_restore(e->counters, e->state);
	counters_sources(e->counters, engine_source, e);
	e->resolver = resolver_new(
		e->loop, e->options.names_fd, e->options.names_pid, &names);
	e->alarms = alarms_new(
		e->loop, &e->options.alarms, alarms, e->options.statedir);
	alarms_restore(e->alarms, e->state);
	signs_begin(e);
	e->moved = moved_new(e->state);
}

static void free_stages(struct engine *e)
{
	moved_free(&e->moved);
	alarms_free(&e->alarms);
	resolver_free(&e->resolver);
	counters_free(&e->counters);
	outbound_free(&e->outbound);
	attackers_free(&e->attackers);
	decisions_free(&e->decisions);
	durable_free(&e->durable);
	audit_free(&e->audit);
	state_close(&e->state);
}

/* The logs, from where they were left. */
static bool make_feeds(struct engine *e)
{
	const struct feeds_user user = engine_feeds_user(e);
	int r;

	e->feeds = feeds_new(e->state, e->options.passed, &user);
	if (!e->feeds) {
		log_error("cannot watch files: %s", strerror(errno));
		return false;
	}
	r = engine_loop_fill(e);
	if (r < 0) {
		log_error("cannot fill the event loop: %s", strerror(-r));
		return false;
	}
	return engine_follow(e) == 0;
}

/* The bans that were kept into the kernel; of a kernel that may hold others,
 * those into the list. */
static void restore_bans(struct engine *e)
{
	bool cut_off = e->warden && state_was_cut_off(e->state);

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
}

/* Until the kernel enforces what it was told. */
static bool warden_ready(struct engine *e)
{
	int r = 0;

	if (e->warden)
		r = warden_client_wait(e->warden, state_was_cut_off(e->state)
							  ? READBACK_PATIENCE
							  : WARDEN_PATIENCE);
	if (r < 0)
		log_error("the warden did not get ready: %s", strerror(-r));
	return r >= 0;
}

static bool listen_to_commands(struct engine *e)
{
	e->control = control_new(
		e->loop, e->options.socket, e->options.group, commands, e);
	if (!e->control)
		log_error("%s: cannot listen: %s", e->options.socket,
			strerror(errno));
	return e->control != NULL;
}

/* False after a fault, which is told; engine_deinit is to follow then too. */
static bool engine_init(struct engine *e)
{
	const struct enforce_user enforced = engine_enforce_user(e);
	int r;

	e->started = clock_mono() / CLOCK_SECOND;
	e->enforce = enforce_new(e->warden, &enforced);
	r = sd_event_default(&e->loop);
	if (r < 0) {
		log_error("cannot make an event loop: %s", strerror(-r));
		return false;
	}
	/* The warden is at work on it while the rest is made. */
	if (engine_lay_out(e) < 0)
		return false;
	make_stages(e);
	if (!make_feeds(e))
		return false;
	restore_bans(e);
	/* Whoever can ask is answered by what is in force. */
	return warden_ready(e) && listen_to_commands(e);
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

/* What was begun is finished while all of it is there; then what was made goes,
 * the last first. */
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
	engine_loop_empty(e);
	feeds_free(&e->feeds);
	free_stages(e);
	sd_event_unref(e->loop);
	enforce_free(&e->enforce);
	warden_client_free(&e->warden);
	config_free(&e->config);
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
