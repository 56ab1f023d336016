/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The alarms in the engine: once a minute the gauge process is asked, what it
 * says is judged, and news go to the log, the hook and the mail. A helper that
 * hangs or is gone is an alarm itself, and never holds up a ban.
 */
#include "daemon/alarms.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alarms/mounts.h"
#include "alarms/words.h"
#include "daemon/alarms_parts.h"
#include "daemon/gauge.h"
#include "daemon/notice.h"
#include "daemon/spawn.h"
#include "lib/clock.h"
#include "lib/log.h"

#define GAUGE_BUFFER (64 << 10)
/* How often the time to the next gauge process is doubled: from half an
 * interval. */
#define DOUBLED_MOST 6

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

bool alarms_run(struct alarms *a, const struct runner_request *q)
{
	char bytes[RUNNER_MESSAGE];
	size_t n = runner_request_encode(q, bytes, sizeof(bytes));

	return a->runner_io && n > 0 &&
	       send(a->helpers.runner_fd, bytes, n,
		       MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n;
}

static void request(struct alarms *a, const struct runner_request *q)
{
	if (alarms_run(a, q)) {
		a->under_way++;
		return;
	}
	if (a->lost++ == 0)
		log_error("alarms: the process that runs the hook is behind or "
			  "gone: a notice is lost");
}

void alarms_notice(struct alarms *a, const struct alarm *alarm,
	enum level_news news, const struct words *words)
{
	int64_t took = clock_mono() - alarm->state.since;
	int64_t since = (clock_wall() - took) / CLOCK_SECOND;
	struct runner_request q = {.task = RUNNER_HOOK};

	notice_log(alarm, news, words, since);
	if (!a)
		return;
	strcpy(q.alarm, judge_name(alarm->kind));
	strcpy(q.level, level_text(alarm->state.level));
	strcpy(q.news, level_news_text(news));
	strcpy(q.subject, alarm->subject);
	snprintf(q.value, sizeof(q.value), "%.17g", alarm->value);
	snprintf(q.since, sizeof(q.since), "%" PRIi64, since);
	strcpy(q.text, words->text);
	strcpy(q.next, words->next);
	strcpy(q.addresses, words->addresses);
	strcpy(q.queue_ids, words->queue_ids);
	if (a->hook)
		request(a, &q);
	q.task = RUNNER_MAIL;
	if (a->mail && !alarm->about_mail)
		request(a, &q);
}

static void on_news(void *ctx, const struct alarm *alarm, enum level_news news)
{
	struct words words;

	words_of(&words, alarm, news, clock_mono(), clock_wall());
	alarms_notice(ctx, alarm, news, &words);
}

bool alarms_hold(struct alarms *a, const char *ids)
{
	struct runner_request q = {.task = RUNNER_HOLD};

	if (!a || !a->hold || strlen(ids) >= sizeof(q.queue_ids))
		return false;
	strcpy(q.queue_ids, ids);
	return alarms_run(a, &q);
}

/* A keeper has gone, and with it who could start another: who starts this
 * service can. Its bans stay. */
static void give_up(struct alarms *a, const char *who, const char *why)
{
	log_error("alarms: %s is gone (%s): mailband ends, to be started "
		  "again; its bans stay in the kernel",
		who, why);
	a->gauge_io = sd_event_source_disable_unref(a->gauge_io);
	a->runner_io = sd_event_source_disable_unref(a->runner_io);
	sd_event_exit(a->loop, 1);
}

/* One that is killed at each look is started less and less often. */
static void gauge_died(struct alarms *a)
{
	unsigned int doubled =
		a->deaths < DOUBLED_MOST ? a->deaths : DOUBLED_MOST;

	if (a->deaths++ == 0)
		log_error("alarms: the gauge process was killed: another one "
			  "is started");
	a->looking = a->watching = false;
	a->gauge_after =
		clock_mono() + (a->settings->rules.interval << doubled) / 2;
}

/* The first word to a gauge process, without which it ends. */
static void begin_gauge(struct alarms *a)
{
	uint8_t bytes[REPORT_WATCH_BYTES];
	size_t n = report_watch_encode(
		judge_watched(a->judge), bytes, sizeof(bytes));

	a->watching = a->gauge_io && n > 0 &&
		      send(a->helpers.gauge_fd, bytes, n,
			      MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n;
}

/*
 * What was not there when it began, or is another file system's since, it may
 * not look into: another one may.
 */
static void begin_again(struct alarms *a)
{
	const char ask = GAUGE_AGAIN;

	if (a->gauge_io && !a->looking &&
		send(a->helpers.gauge_fd, &ask, 1,
			MSG_DONTWAIT | MSG_NOSIGNAL) == 1)
		begin_gauge(a);
}

/* A queue that is merely not there is one that Postfix has not made yet. */
static bool is_blind(const struct report *report)
{
	for (uint8_t i = 0; report && i < report->spools_n; i++) {
		const struct report_queue *queues = report->spools[i].queues;

		for (int q = 0; q < QUEUES; q++)
			if (queues[q].error && (queues[q].error != ENOENT ||
						       q == QUEUE_ACTIVE))
				return true;
	}
	return false;
}

static void look(struct alarms *a)
{
	const char ask = GAUGE_LOOK;

	if (!a->gauge_io || !a->watching || a->looking)
		return;
	if (send(a->helpers.gauge_fd, &ask, 1, MSG_DONTWAIT | MSG_NOSIGNAL) ==
		1)
		a->looking = true;
}

/* What is read-only for this service alone is no fault of the disk's; what is
 * mounted no more is one, though the disk beneath is well. */
static void see_mounts(struct alarms *a, struct report *report)
{
	struct mounts *mounts = mounts_new(a->helpers.mounts_fd);

	for (uint8_t i = 0; i < report->disks_n; i++) {
		struct report_disk *d = &report->disks[i];

		d->disk.read_only &= mounts_read_only(mounts, d->disk.device);
		d->unmounted =
			a->points[i][0] && mounts_is_gone(mounts, a->points[i]);
		if (!d->error && !d->unmounted)
			mounts_point(mounts, d->disk.device,
				judge_watched(a->judge)->disks[i], a->points[i],
				sizeof(a->points[i]));
	}
	mounts_free(&mounts);
}

static int on_gauge(sd_event_source *s, int fd, uint32_t events, void *ctx)
{
	static struct report report;
	struct alarms *a = ctx;
	uint8_t bytes[REPORT_BYTES];
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_TRUNC);

	(void)s;
	(void)events;
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0) {
		give_up(a, "who starts the gauge process",
			n < 0 ? strerror(errno) : "it ended");
	} else if (n == 1 && bytes[0] == GAUGE_LOST) {
		gauge_died(a);
	} else if ((size_t)n > sizeof(bytes) ||
		   !report_decode(bytes, (size_t)n, &report)) {
		give_up(a, "the gauge process", "it talks nonsense");
	} else {
		if (a->deaths)
			log_info("alarms: disks and queues are watched again");
		a->deaths = 0;
		a->looking = false;
		a->seen = clock_mono();
		see_mounts(a, &report);
		alarms_postfix_tell(a, &report);
		judge_report(a->judge, &report, a->seen, clock_wall());
		alarms_queue_ask(a);
	}
	return 0;
}

/* The first time there is something to look at. */
static void settle_watch(struct alarms *a)
{
	struct report_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		abort();
	alarms_postfix_watch(a, watch);
	if (!a->settled) {
		judge_watch(a->judge, watch);
		alarms_postfix_place(a);
		a->settled = true;
		begin_gauge(a);
	} else if (memcmp(watch, judge_watched(a->judge), sizeof(*watch))) {
		log_warning("alarms: other directories are to be watched than "
			    "at the start; restart mailband to have it so");
	} else if (is_blind(judge_last(a->judge))) {
		begin_again(a);
	}
	for (size_t i = 0; i < a->postfix.n; i++) {
		const struct postconf *conf = &a->postfix.instances[i];

		if (a->postfix.spool[i] < REPORT_SPOOLS)
			judge_set_wanted(a->judge, a->postfix.spool[i],
				disk_wanted(conf->queue_minfree,
					conf->message_size_limit));
	}
	free(watch);
	look(a);
}

/* Postfix has said all. */
static void settle(struct alarms *a)
{
	if (!a->reading.again)
		settle_watch(a);
	alarms_services_ask(a);
}

static void take_reply(struct alarms *a, const struct runner_reply *reply)
{
	const char *what = reply->task == RUNNER_HOOK	? "the hook"
			   : reply->task == RUNNER_HOLD ? "the program of hold"
							: "sendmail";

	if (reply->task == RUNNER_HOOK || reply->task == RUNNER_MAIL)
		a->under_way -= a->under_way > 0;
	if (reply->task == RUNNER_POSTCONF) {
		alarms_postfix_take(a, reply->output, reply->n);
	} else if (reply->task == RUNNER_LIMITS) {
		if (alarms_postfix_take_limits(a, reply->output, reply->n))
			settle(a);
	} else if (reply->task == RUNNER_PROCESSES) {
		alarms_services_take(a, reply);
	} else if (reply->task == RUNNER_PROBE) {
		alarms_probe_take(a, reply);
	} else if (reply->task == RUNNER_QUEUE) {
		alarms_queue_take(a, reply);
	} else if (reply->status == RUNNER_TOO_LONG) {
		log_error("alarms: %s took more than %d seconds and was killed",
			what, RUNNER_PATIENCE);
	} else if (reply->status == RUNNER_NOT_STARTED) {
		log_error("alarms: %s could not be started", what);
	} else if (!WIFEXITED(reply->status) || WEXITSTATUS(reply->status)) {
		log_error("alarms: %s failed with status %d%s", what,
			WIFEXITED(reply->status) ? WEXITSTATUS(reply->status)
						 : -WTERMSIG(reply->status),
			reply->task == RUNNER_MAIL ? NEEDS_MAIL_CONF : "");
	}
}

/* What it was asked may have killed it, and is not asked again; but Postfix
 * is, by the timer. */
static void runner_died(struct alarms *a)
{
	log_error("alarms: the process that runs the hook was killed: %" PRIu64
		  " notices are lost; another one is started",
		a->under_way);
	a->lost += a->under_way;
	a->under_way = 0;
	a->ask_again |= a->asking;
	a->asking = false;
	a->listing = a->counting = false;
	alarms_probe_again(a);
}

static int on_runner(sd_event_source *s, int fd, uint32_t events, void *ctx)
{
	static struct runner_reply reply;
	struct alarms *a = ctx;
	ssize_t n = recv(fd, &reply, sizeof(reply), MSG_DONTWAIT);

	(void)s;
	(void)events;
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n < (ssize_t)offsetof(struct runner_reply, output) ||
		reply.n != n - (ssize_t)offsetof(struct runner_reply, output)) {
		give_up(a, "who starts the process that runs the hook",
			n < 0 ? strerror(errno) : "it ended");
	} else if (reply.status == RUNNER_LOST) {
		runner_died(a);
	} else {
		take_reply(a, &reply);
	}
	return 0;
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
	if (a->settled && !a->watching && now >= a->gauge_after)
		begin_gauge(a);
	else if (is_blind(judge_last(a->judge)))
		begin_again(a);
	if (a->gauge_io || a->watching)
		judge_silence(
			a->judge, (double)(now - a->seen) / CLOCK_SECOND, now);
	look(a);
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
	a->seen = clock_mono();
	a->judge = judge_new(&settings->rules, on_news, a);
	if ((helpers->gauge_fd >= 0 &&
		    sd_event_add_io(loop, &a->gauge_io, helpers->gauge_fd,
			    EPOLLIN, on_gauge, a) < 0) ||
		(helpers->runner_fd >= 0 &&
			sd_event_add_io(loop, &a->runner_io, helpers->runner_fd,
				EPOLLIN, on_runner, a) < 0) ||
		sd_event_add_time_relative(loop, &a->timer, CLOCK_MONOTONIC,
			(uint64_t)settings->rules.interval, 0, on_timer, a) < 0)
		abort();
	if (a->runner_io)
		alarms_postfix_ask(a, false);
	else
		settle(a);
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
