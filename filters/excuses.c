/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What excuses a failure: the server's own word, a little before, that it could
 * not do its part. One word excuses one failure, so who makes a server stumble
 * gets away with no more than that; what is forgotten excuses nothing.
 */
#include "filters/excuses.h"

#include <stdlib.h>

struct excuse {
	struct prefix who;
	int64_t time;
	bool any; /* whoever failed */
};

struct excuses {
	struct excuse items[EXCUSES_MOST]; /* the oldest first */
	int n;
};

struct excuses *excuses_new(void)
{
	struct excuses *e = calloc(1, sizeof(*e));

	if (!e)
		abort();
	return e;
}

void excuses_free(struct excuses **excuses)
{
	free(*excuses);
	*excuses = NULL;
}

static void drop(struct excuses *e, int at)
{
	e->n--;
	for (int i = at; i < e->n; i++)
		e->items[i] = e->items[i + 1];
}

void excuses_add(struct excuses *e, const struct prefix *who, int64_t time)
{
	if (e->n == EXCUSES_MOST)
		drop(e, 0);
	e->items[e->n] = (struct excuse){.time = time, .any = !who};
	if (who)
		e->items[e->n].who = *who;
	e->n++;
}

/* A file's dates know no less than seconds, and two daemons' may differ. */
static bool is_near(const struct excuse *x, int64_t time)
{
	return time - x->time <= EXCUSES_TIME &&
	       x->time - time <= EXCUSES_TIME / 10;
}

bool excuses_take(struct excuses *e, const struct prefix *who, int64_t time)
{
	int found = -1;

	/* Its own, else the oldest of anybody's. */
	for (int i = 0; i < e->n; i++) {
		if (!is_near(&e->items[i], time))
			continue;
		if (!e->items[i].any &&
			prefix_contains(&e->items[i].who, &who->net)) {
			found = i;
			break;
		}
		if (e->items[i].any && found < 0)
			found = i;
	}
	if (found < 0)
		return false;
	drop(e, found);
	return true;
}
