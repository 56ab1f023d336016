/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_EXCUSES_H
#define MAILBAN_FILTERS_EXCUSES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

/*
 * Faults of the server's own that the lines of late told of (<F-FAULT>), for
 * lines that tell of the same attempts as if the client had failed. Each
 * excuses one of them, of the address that it names or, if it names none, of
 * anybody.
 */
struct excuses;

/* So many at a time; one more pushes the oldest out, which excuses nobody. */
#define EXCUSES_MOST 256
/* What excuses comes first, and so long before what it excuses at most: a
 * server takes its time to say that a login failed. The dates of two daemons
 * may differ: one that comes up to a tenth of it behind is as good.
 * Microseconds. */
#define EXCUSES_TIME INT64_C(10000000)

struct excuses *excuses_new(void);
void excuses_free(struct excuses **excuses);
/* who NULL: of anybody. time as of a failure, microseconds since 1970. */
void excuses_add(
	struct excuses *excuses, const struct prefix *who, int64_t time);
/* Is there one for who at that time? It is gone then. */
bool excuses_take(
	struct excuses *excuses, const struct prefix *who, int64_t time);

#endif
