/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Longer bans for those who come back. Whatever a formula makes of it, the
 * result is a time between zero and a hundred years, or for ever.
 */
#include "jails/escalate.h"

#include <math.h>

#include "jails/formula.h"

#define DOUBLINGS_MOST 20

void escalate_init(struct escalate *e)
{
	*e = (struct escalate){.factor = 1};
}

/* A number of [0, 1) (splitmix64 of Steele, Lea, Flood 2014). */
static double draw(uint64_t *random)
{
	uint64_t v = *random += 0x9e3779b97f4a7c15;

	v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9;
	v = (v ^ v >> 27) * 0x94d049bb133111eb;
	v ^= v >> 31;
	return (double)(v >> 11) * 0x1p-53;
}

static double grown(const struct escalate *e, int64_t bantime, uint32_t before)
{
	struct formula_ban ban = {bantime, before, e->factor};
	double value;

	if (e->multipliers_n) {
		size_t at = before < e->multipliers_n ? before
						      : e->multipliers_n - 1;

		return (double)bantime * e->factor * e->multipliers[at];
	}
	if (!e->formula)
		value = ldexp((double)bantime * e->factor,
			before < DOUBLINGS_MOST ? (int)before : DOUBLINGS_MOST);
	else if (!formula_eval(e->formula, &ban, &value))
		return (double)bantime;
	return fmax(value, (double)bantime);
}

int64_t escalate_bantime(const struct escalate *e, int64_t bantime,
	uint32_t before, uint64_t *random)
{
	double value;

	if (bantime < 0)
		return ESCALATE_FOREVER;
	if (!e->increment || before == 0)
		return bantime;
	value = grown(e, bantime, before);
	if (e->maxtime > 0)
		value = fmin(value, (double)e->maxtime);
	if (e->rndtime > 0)
		value += draw(random) * (double)e->rndtime;
	/* Also when it is not a number. */
	if (!(value >= 0))
		return bantime;
	return value < (double)ESCALATE_MOST ? (int64_t)value : ESCALATE_MOST;
}

uint32_t escalate_weight(
	const struct escalate *e, uint32_t before, uint32_t maxretry)
{
	uint32_t weight;

	if (!e->increment || before == 0)
		return 1;
	weight = (1u << (before < DOUBLINGS_MOST ? before : DOUBLINGS_MOST)) /
			 2 +
		 1;
	return weight < maxretry ? weight : maxretry;
}
