/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The alarms in the engine: once a minute the gauge process is asked
 * (alarms_gauge.c), what it says is judged, and news go to the log, the hook
 * and the mail (alarms_runner.c). A helper that hangs or is gone is an alarm
 * itself, and never holds up a ban.
 */
#include "daemon/alarms.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alarms/words.h"
#include "daemon/alarms_parts.h"
#include "daemon/gauge.h"
#include "daemon/spawn.h"
#include "lib/clock.h"
#include "lib/log.h"

#define GAUGE_BUFFER (64 << 10)

void alarms_spawn(struct alarms_helpers *h,
	const struct alarm_settings *settings, const char *statedir, uid_t uid,
	gid_t gid, bool confined)
{
	struct runner_means means = {.hook = settings->hook,
		.mail_to = settings->mail_to,
		.hold = settings->hold,
		.probe = settings->probe > 0,
		.probe_words_n = settings->probe_words_n,
		.statedir = statedir};
	int r;

	*h = (struct alarms_helpers){
		.gauge_fd = -1, .runner_fd = -1, .mounts_fd = -1};
	if (!settings->enabled)
		return;
	memcpy(means.probe_words, settings->probe_words,
		sizeof(means.probe_words));
	h->mounts_fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	r = spawn_program(GAUGE_PROGRAM, uid, gid, confined, GAUGE_BUFFER,
		&h->gauge_fd, &h->gauge_pid);
	if (r < 0)
		log_error("alarms: cannot start " GAUGE_PROGRAM ": %s; disks "
			  "and queues are not watched",
			strerror(-r));
	r = runner_spawn(
		&means, uid, gid, confined, &h->runner_fd, &h->runner_pid);
	if (r < 0)
		log_error("alarms: cannot start the process that runs the "
			  "hook: %s",
			strerror(-r));
}

static void on_news(void *ctx, const struct alarm *alarm, enum level_news news)
{
	struct words words;

	words_of(&words, alarm, news, clock_mono(), clock_wall());
	alarms_notice(ctx, alarm, news, &words);
}

/* Who starts this service can start another; its bans stay. */
void alarms_give_up(struct alarms *a, const char *who, const char *why)
{
	log_error("alarms: %s is gone (%s): mailband ends, to be started "
		  "again; its bans stay in the kernel",
		who, why);
	a->gauge_io = sd_event_source_disable_unref(a->gauge_io);
	a->runner_io = sd_event_source_disable_unref(a->runner_io);
	sd_event_exit(a->loop, 1);
}

void alarms_settle(struct alarms *a)
{
	if (!a->reading.again)
		alarms_gauge_watch(a);
	alarms_services_ask(a);
}

static int on_timer(sd_event_source *s, uint64_t at, void *ctx)
{
	struct alarms *a = ctx;
	int64_t now = clock_mono();
	struct memory memory;

	(void)at;
	if (memory_read(&memory) == 0)
		judge_memory(a->judge, &memory, now);
	if (a->ask_again || a->limits_again)
		alarms_postfix_ask(a, !a->ask_again);
	else
		alarms_services_ask(a);
	alarms_gauge_tick(a, now);
	sd_event_source_set_time_relative(
		s, (uint64_t)a->settings->rules.interval);
	sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
	return 0;
}

struct alarms *alarms_new(sd_event *loop, const struct alarms_helpers *helpers,
	const struct alarm_settings *settings, const char *statedir)
{
	struct alarms *a;

	if (!settings->enabled)
		return NULL;
	a = calloc(1, sizeof(*a));
	if (!a)
		abort();
	a->helpers = *helpers;
	a->loop = loop;
	a->settings = settings;
	a->statedir = statedir;
	a->hook = settings->hook != NULL;
	a->mail = settings->mail_to != NULL;
	a->hold = settings->hold != NULL;
	a->judge = judge_new(&settings->rules, on_news, a);
	if (alarms_gauge_open(a) < 0 || alarms_runner_open(a) < 0 ||
		sd_event_add_time_relative(loop, &a->timer, CLOCK_MONOTONIC,
			(uint64_t)settings->rules.interval, 0, on_timer, a) < 0)
		abort();
	if (a->runner_io)
		alarms_postfix_ask(a, false);
	else
		alarms_settle(a);
	alarms_probe_begin(a, loop);
	return a;
}

/* Its end is asked for by closing; one that hangs in a file system or runs a
 * hook is not waited for. */
static void end_helper(int fd, pid_t pid)
{
	if (fd < 0)
		return;
	close(fd);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, WNOHANG);
}

void alarms_free(struct alarms **alarms)
{
	struct alarms *a = *alarms;

	if (!a)
		return;
	sd_event_source_disable_unref(a->timer);
	sd_event_source_disable_unref(a->gauge_io);
	sd_event_source_disable_unref(a->runner_io);
	sd_event_source_disable_unref(a->probe_timer);
	end_helper(a->helpers.gauge_fd, a->helpers.gauge_pid);
	end_helper(a->helpers.runner_fd, a->helpers.runner_pid);
	if (a->helpers.mounts_fd >= 0)
		close(a->helpers.mounts_fd);
	judge_free(&a->judge);
	free(a);
	*alarms = NULL;
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_words(
	const struct alarm_settings *a, const struct alarm_settings *b)
{
	for (size_t i = 0; i < a->probe_words_n && i < b->probe_words_n; i++)
		if (strcmp(a->probe_words[i], b->probe_words[i]) != 0)
			return false;
	return a->probe_words_n == b->probe_words_n;
}

void alarms_reconfigure(struct alarms *a, const struct alarm_settings *settings)
{
	if (!a) {
		if (settings->enabled)
			log_warning("alarms: they begin when mailband is "
				    "restarted");
		return;
	}
	/* Those of the runner are copies of its own. */
	if (!same(a->settings->hook, settings->hook) ||
		!same(a->settings->mail_to, settings->mail_to) ||
		!same(a->settings->hold, settings->hold) ||
		a->settings->probe != settings->probe ||
		!same_words(a->settings, settings))
		log_warning("alarms: hook, mail_to, hold, probe and "
			    "probe_options change when mailband is restarted");
	if (!settings->enabled)
		log_warning("alarms: they end when mailband is restarted");
	a->settings = settings;
	judge_set_rules(a->judge, &settings->rules);
	if (a->runner_io)
		alarms_postfix_ask(a, false);
}
