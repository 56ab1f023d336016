/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The probe as an alarm: mailban-check(1) is run now and then, and what it ends
 * with is a sample. It is run seldom, for each costs every server a connection;
 * MAIL FROM is held back by mailban-check itself once it was refused. It must
 * never be run twice at a time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "daemon/alarms_parts.h"
#include "lib/clock.h"
#include "lib/log.h"

/* The first: after a boot the servers may not be there yet. */
#define FIRST (2 * 60 * CLOCK_SECOND)

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void next_in(struct alarms *a, int64_t time)
{
	sd_event_source_set_time_relative(a->probe_timer, (uint64_t)time);
	sd_event_source_set_enabled(a->probe_timer, SD_EVENT_ONESHOT);
}

static int on_time(sd_event_source *s, uint64_t at, void *ctx)
{
	const struct runner_request q = {.task = RUNNER_PROBE};
	struct alarms *a = ctx;

	(void)s;
	(void)at;
	/* Else the answer says when the next one is. */
	if (!alarms_run(a, &q) && a->runner_io)
		next_in(a, a->settings->rules.interval);
	return 0;
}

void alarms_probe_begin(struct alarms *a, sd_event *loop)
{
	if (!a->settings->probe || !a->runner_io)
		return;
	a->probe = a->settings->probe;
	if (sd_event_add_time_relative(loop, &a->probe_timer, CLOCK_MONOTONIC,
		    (uint64_t)smaller(FIRST, a->settings->rules.interval), 0,
		    on_time, a) < 0)
		abort();
}

void alarms_probe_again(struct alarms *a)
{
	if (a->probe_timer)
		next_in(a, a->settings->rules.interval);
}

/* "CRITICAL: smtp 127.0.0.1: ...|figures": what is between. */
static void find_said(const struct runner_reply *reply, char said[JUDGE_SAID])
{
	const char *text = reply->output;
	size_t n = strnlen(text, reply->n), end;
	const char *colon = memmem(text, n, ": ", 2);

	if (colon) {
		n -= (size_t)(colon + 2 - text);
		text = colon + 2;
	}
	for (end = 0; end < n && text[end] != '|' && text[end] >= ' ' &&
		      text[end] <= '~';
		end++)
		;
	snprintf(said, JUDGE_SAID, "%.*s", (int)end, text);
}

void alarms_probe_take(struct alarms *a, const struct runner_reply *reply)
{
	int status = WIFEXITED(reply->status) ? WEXITSTATUS(reply->status) : 3;
	char said[JUDGE_SAID];
	bool soon;

	find_said(reply, said);
	if (reply->status < 0 || status > 3 || !said[0]) {
		status = 3;
		strcpy(said, reply->status == RUNNER_TOO_LONG
				     ? "mailban-check took too long"
			     : reply->status > 0 && WIFSIGNALED(reply->status)
				     ? "mailban-check was killed"
				     : "mailban-check cannot be run");
	}
	soon = judge_probe(a->judge, status, said, clock_mono());
	next_in(a, soon ? smaller(a->settings->rules.interval, a->probe)
			: a->probe);
}
