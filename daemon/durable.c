/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ban or an unban by hand that was answered must not be undone when we are
 * killed a moment later: the logs are read again then, but nobody says it
 * twice. Only the answer waits for the disk and the kernel: nothing else does.
 */
#include "daemon/durable.h"

#include <stdlib.h>

#include "daemon/enforce.h"
#include "daemon/engine.h"
#include "daemon/state.h"
#include "daemon/warden_client.h"
#include "lib/clock.h"

/* How often it is looked at, and how long it is waited for, microseconds. */
#define EVERY 1000
#define PATIENCE (2 * CLOCK_SECOND)
#define FIRST_PATIENCE (5 * CLOCK_SECOND)
/* At the end of the engine, seconds. */
#define LAST_PATIENCE 2

struct waiter {
	struct waiter *next;
	struct control_call *call;
	json_t *result;
	uint64_t ticket; /* of what the warden had to do before */
	int64_t until;	 /* monotonic */
	void (*first)(struct engine *engine); /* before the answer, or NULL */
};

struct durable {
	struct engine *engine;
	struct waiter *waiters;
	sd_event_source *timer;
	uint64_t asked, answered; /* questions to the warden */
};

static json_t *answer(json_t *result, bool stored)
{
	json_object_set_new(result, "stored", json_boolean(stored));
	return control_ok(result);
}

/* Answers come in order: all that was sent before the question is done. */
static void on_warden(const struct reply *reply, void *ctx)
{
	struct durable *d = ctx;

	if (reply->type == REPLY_DONE)
		d->answered++;
}

/* The ticket of all that was sent until now; without a warden it is done. */
static uint64_t ask_warden(struct durable *d)
{
	const struct request request = {.type = REQUEST_STATS};
	struct engine *e = d->engine;

	if (!e->warden)
		return 0;
	if (enforce_waits(e->enforce) ||
		warden_client_send(e->warden, &request, on_warden, d) < 0)
		return UINT64_MAX;
	return ++d->asked;
}

/* Of one that waits; STATE_WRITING: it shall wait on. */
static enum state_progress progress_of(const struct durable *d, uint64_t ticket)
{
	enum state_progress progress = state_progress(d->engine->state);

	return progress == STATE_WRITTEN && d->answered < ticket ? STATE_WRITING
								 : progress;
}

static void answer_all(struct durable *d, int64_t now)
{
	struct waiter **link = &d->waiters, *w;

	while ((w = *link)) {
		enum state_progress progress = progress_of(d, w->ticket);

		if (progress == STATE_WRITING && now < w->until) {
			link = &w->next;
			continue;
		}
		*link = w->next;
		if (w->first)
			w->first(d->engine);
		control_reply(
			w->call, answer(w->result, progress == STATE_WRITTEN));
		free(w);
	}
}

static int on_timer(sd_event_source *s, uint64_t at, void *ctx)
{
	struct durable *d = ctx;

	(void)at;
	answer_all(d, clock_mono());
	if (d->waiters) {
		sd_event_source_set_time_relative(s, EVERY);
		sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
	}
	return 0;
}

struct durable *durable_new(struct engine *engine)
{
	struct durable *d = calloc(1, sizeof(*d));

	if (!d)
		abort();
	d->engine = engine;
	if (sd_event_add_time_relative(engine->loop, &d->timer, CLOCK_MONOTONIC,
		    0, 1, on_timer, d) < 0)
		abort();
	return d;
}

void durable_finish(struct durable *d)
{
	if (d && d->waiters) {
		state_wait(d->engine->state, LAST_PATIENCE);
		answer_all(d, INT64_MAX);
	}
}

void durable_free(struct durable **durable)
{
	if (*durable)
		sd_event_source_disable_unref((*durable)->timer);
	free(*durable);
	*durable = NULL;
}

/* When what the ticket is of is done, and the state is written. */
static json_t *answer_when(struct durable *d, struct control_call *call,
	const struct waiter *waiter)
{
	enum state_progress progress = progress_of(d, waiter->ticket);
	struct waiter *w;

	if (progress != STATE_WRITING) {
		if (waiter->first)
			waiter->first(d->engine);
		return answer(waiter->result, progress == STATE_WRITTEN);
	}
	w = calloc(1, sizeof(*w));
	if (!w)
		abort();
	*w = *waiter;
	w->next = d->waiters;
	w->call = call;
	d->waiters = w;
	sd_event_source_set_time_relative(d->timer, EVERY);
	sd_event_source_set_enabled(d->timer, SD_EVENT_ONESHOT);
	return NULL;
}

json_t *durable_answer(
	struct durable *d, struct control_call *call, json_t *result)
{
	const struct waiter waiter = {.result = result,
		.ticket = ask_warden(d),
		.until = clock_mono() + PATIENCE};

	engine_save(d->engine);
	return answer_when(d, call, &waiter);
}

json_t *durable_answer_first(struct durable *d, struct control_call *call,
	json_t *result, void (*first)(struct engine *engine))
{
	const struct waiter waiter = {.result = result,
		.until = clock_mono() + FIRST_PATIENCE,
		.first = first};

	engine_save(d->engine);
	return answer_when(d, call, &waiter);
}
