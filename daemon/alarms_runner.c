/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the runner is asked for the alarms, and what becomes of its answers:
 * notices by hook and mail, messages that are held, and whatever Postfix and
 * the probe are asked. A notice that is lost is counted, and told once.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "daemon/alarms_parts.h"
#include "daemon/notice.h"
#include "lib/clock.h"
#include "lib/log.h"

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

bool alarms_hold(struct alarms *a, const char *ids)
{
	struct runner_request q = {.task = RUNNER_HOLD};

	if (!a || !a->hold || strlen(ids) >= sizeof(q.queue_ids))
		return false;
	strcpy(q.queue_ids, ids);
	return alarms_run(a, &q);
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
			alarms_settle(a);
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
		alarms_give_up(a, "who starts the process that runs the hook",
			n < 0 ? strerror(errno) : "it ended");
	} else if (reply.status == RUNNER_LOST) {
		runner_died(a);
	} else {
		take_reply(a, &reply);
	}
	return 0;
}

int alarms_runner_open(struct alarms *a)
{
	if (a->helpers.runner_fd < 0)
		return 0;
	return sd_event_add_io(a->loop, &a->runner_io, a->helpers.runner_fd,
		EPOLLIN, on_runner, a);
}
