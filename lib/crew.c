/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several threads at one work. Whoever is free fills the next item and works on
 * it; the caller takes what is done, in order, and lends a hand whenever there
 * is nothing to take. An item is one thread's at a time, which the lock hands
 * over; there is nothing else that threads share.
 */
#include "lib/crew.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>

/* Items after which it is worth to start a thread: some 100 KB of a log. */
#define ALONE 8

struct crew {
	const struct crew_work *work;
	void *ctx;
	void *const *items;
	size_t n;
	pthread_mutex_t lock; /* over all that follows */
	pthread_cond_t room;  /* threads wait for an item that is free, */
	pthread_cond_t head;  /* the caller for that, or for what is next */
	uint64_t filled, finished; /* items, so far */
	bool filling, ended;
	bool done[CREW_ITEMS]; /* worked on, and not taken yet */
	pthread_t threads[CREW_MOST];
	size_t threads_n;
};

size_t crew_items(void)
{
	cpu_set_t here;
	size_t n;

	if (sched_getaffinity(0, sizeof(here), &here) != 0)
		return 1;
	n = (size_t)CPU_COUNT(&here);
	if (n < 2)
		return 1;
	return (n < CREW_MOST ? n : CREW_MOST) + 2;
}

static bool is_free(const struct crew *c)
{
	return !c->filling && !c->ended && c->filled - c->finished < c->n;
}

/* Fills the next item and works on it. Called with the lock, as is_free. */
static void take_one(struct crew *c)
{
	size_t at = c->filled % c->n;
	bool some;

	c->filling = true;
	pthread_mutex_unlock(&c->lock);
	some = c->work->fill(c->ctx, c->items[at]);
	pthread_mutex_lock(&c->lock);
	c->filling = false;
	c->ended = !some;
	c->filled += some;
	if (some)
		pthread_cond_signal(&c->room);
	else
		pthread_cond_broadcast(&c->room);
	pthread_cond_signal(&c->head);
	if (!some)
		return;
	pthread_mutex_unlock(&c->lock);
	c->work->work(c->ctx, c->items[at]);
	pthread_mutex_lock(&c->lock);
	c->done[at] = true;
	if (at == c->finished % c->n)
		pthread_cond_signal(&c->head);
}

static void finish_one(struct crew *c, size_t at)
{
	pthread_mutex_unlock(&c->lock);
	c->work->finish(c->ctx, c->items[at]);
	pthread_mutex_lock(&c->lock);
	c->done[at] = false;
	c->finished++;
	pthread_cond_signal(&c->room);
}

static void *thread_main(void *ctx)
{
	struct crew *c = ctx;

	pthread_mutex_lock(&c->lock);
	while (!c->ended) {
		if (is_free(c))
			take_one(c);
		else
			pthread_cond_wait(&c->room, &c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* As many as there is work for besides the caller; none is no fault. */
static void threads_start(struct crew *c)
{
	while (c->threads_n + 3 < c->n &&
		pthread_create(
			&c->threads[c->threads_n], NULL, thread_main, c) == 0)
		c->threads_n++;
}

void crew_run(
	const struct crew_work *work, void *ctx, void *const items[], size_t n)
{
	struct crew c = {.work = work,
		.ctx = ctx,
		.items = items,
		.n = n,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.room = PTHREAD_COND_INITIALIZER,
		.head = PTHREAD_COND_INITIALIZER};

	pthread_mutex_lock(&c.lock);
	while (!c.ended || c.finished < c.filled) {
		size_t at = c.finished % n;

		if (c.filled == ALONE && !c.threads_n)
			threads_start(&c);
		if (c.done[at])
			finish_one(&c, at);
		else if (is_free(&c))
			take_one(&c);
		else
			pthread_cond_wait(&c.head, &c.lock);
	}
	pthread_mutex_unlock(&c.lock);
	for (size_t i = 0; i < c.threads_n; i++)
		pthread_join(c.threads[i], NULL);
}
