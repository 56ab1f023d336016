/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How old a file is, on a host whose clock is set: by hand, by a time server
 * after hours, by a machine that slept. A birth is the wall clock's; an age
 * must never be what that clock was set by.
 */
#include "alarms/ages.h"

#include <string.h>

#include "lib/clock.h"

/* What a time server does without setting the clock is less. */
#define JUMP (10 * CLOCK_SECOND)

static struct age_era *era_begin(struct ages *a)
{
	if (a->n == AGES_ERAS) {
		memmove(a->eras, a->eras + 1,
			sizeof(a->eras) - sizeof(*a->eras));
		a->n--;
	}
	return &a->eras[a->n++];
}

void ages_see(struct ages *a, int64_t now, int64_t wall)
{
	struct age_era *e = a->n ? &a->eras[a->n - 1] : NULL;
	int64_t offset = wall - now;

	if (!e || offset - e->offset > JUMP || e->offset - offset > JUMP) {
		/* Somewhen since the last look: it may have been just now, or
		 * just then. */
		if (e)
			e->end = now + e->offset;
		e = era_begin(a);
		*e = (struct age_era){.offset = offset,
			.begin = (a->n > 1 ? a->seen : now) + offset};
	}
	e->end = now + e->offset;
	a->seen = now;
}

double ages_of(const struct ages *a, int64_t born, int64_t now)
{
	int64_t at = born * CLOCK_SECOND, age;

	/* The last of them first; what was before the first is of it. A birth
	 * is cut to whole seconds. */
	for (size_t i = a->n; i-- > 0;) {
		const struct age_era *e = &a->eras[i];

		if (at > e->end || (i && at < e->begin - CLOCK_SECOND))
			continue;
		age = now - (at - e->offset);
		return age > 0 ? (double)age / CLOCK_SECOND : 0;
	}
	return 0;
}

bool ages_unsure(const struct ages *a)
{
	for (size_t i = 0; i + 1 < a->n; i++)
		if (a->eras[i].end > a->eras[a->n - 1].end)
			return true;
	return false;
}
