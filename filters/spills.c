/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines that are, for all that they tell, the rest of what a client had the
 * lines before them say. It is logged at once, so a line is in doubt for a
 * second; but not if it names that client: none says so of itself to get away.
 *
 * What begins so within a second of another's may be that one's text as well.
 * So the first is believed for as long as it goes on: a client gains nothing by
 * names that it makes up. Behind a second of its silence nothing is its text
 * any more, and who alone went on has the next word. Of two who did none is
 * believed.
 */
#include "filters/spills.h"

/* A file's dates know no less than seconds. */
#define SPILL_TIME INT64_C(1000000)

static bool is_near(const struct spill *s, int64_t time)
{
	return s->is && time - s->at <= SPILL_TIME &&
	       s->at - time <= SPILL_TIME;
}

static bool is_of(const struct spill *s, const struct prefix *who)
{
	if (!who || !s->has_who)
		return !who && !s->has_who;
	return prefix_contains(&s->who, &who->net);
}

/* Whose text it is that lines of this time may be; NULL if two could be. */
static const struct spill *writer(const struct spills *s, int64_t time)
{
	if (is_near(&s->sure, time))
		return &s->sure;
	return is_near(&s->other, time) ? NULL : &s->last;
}

void spills_add(struct spills *s, const struct prefix *who, int64_t time)
{
	struct spill made = {.is = true, .has_who = who, .at = time};
	const struct spill *one = writer(s, time);

	if (who)
		made.who = *who;
	if (!is_near(&s->last, time) || (one && is_of(one, who)))
		s->sure = made;
	if (s->last.is && !is_of(&s->last, who))
		s->other = s->last;
	s->last = made;
}

bool spills_doubt(const struct spills *s, const struct prefix *who,
	int64_t time, bool renamed)
{
	const struct spill *one = writer(s, time);

	if (!is_near(&s->last, time) && !is_near(&s->sure, time))
		return false;
	if (!one)
		return true;
	return one->has_who ? !is_of(one, who) : !renamed;
}
