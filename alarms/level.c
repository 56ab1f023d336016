/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From numbers to an alarm, without a word too many: what lasts raises it, what
 * is well past the threshold ends it, each change is told once. It must never
 * end an alarm in silence.
 */
#include "alarms/level.h"

#include <math.h>

static bool is_beyond(
	const struct level_rule *rule, double value, double threshold)
{
	return rule->below ? value < threshold : value > threshold;
}

/* Well on the good side of a threshold; an alarm that is off has no bad one. */
static bool is_clear(
	const struct level_rule *rule, double value, double threshold)
{
	double line = threshold * rule->clear + rule->add;

	if (!isfinite(threshold))
		return true;
	return rule->below ? value >= line : value <= line;
}

/* Only the samples that count: an old peak is no part of a new alarm. */
static uint32_t push(const struct level_rule *rule, uint32_t bits, bool bad)
{
	uint32_t mask = rule->of >= 32 ? UINT32_MAX : (1u << rule->of) - 1;

	return (bits << 1 | bad) & mask;
}

static bool lasts(const struct level_rule *rule, uint32_t bits)
{
	return __builtin_popcount(bits) >= rule->n;
}

static void count_good(uint8_t *good, bool clear)
{
	*good = !clear ? 0 : *good < UINT8_MAX ? (uint8_t)(*good + 1) : *good;
}

static enum level next_level(
	const struct level_state *s, const struct level_rule *rule)
{
	/* What it takes to end one ends it, however bad it was before. */
	if (s->level == LEVEL_CRITICAL ? s->good_critical < rule->good
				       : lasts(rule, s->criticals))
		return LEVEL_CRITICAL;
	if (s->level == LEVEL_OK)
		return lasts(rule, s->warnings) ? LEVEL_WARNING : LEVEL_OK;
	return s->good_warning < rule->good ? LEVEL_WARNING : LEVEL_OK;
}

static enum level_news news_of(enum level from, enum level to)
{
	if (from == to)
		return LEVEL_SAME;
	if (to == LEVEL_OK)
		return LEVEL_RECOVERED;
	if (from == LEVEL_OK)
		return LEVEL_RAISED;
	return to > from ? LEVEL_WORSE : LEVEL_BETTER;
}

enum level_news level_sample(struct level_state *s,
	const struct level_rule *rule, double value, int64_t now)
{
	bool warning = is_beyond(rule, value, rule->warning);
	bool critical = is_beyond(rule, value, rule->critical);
	enum level_news news;
	enum level next;

	if (isnan(value))
		return LEVEL_SAME;
	s->warnings = push(rule, s->warnings, warning || critical);
	s->criticals = push(rule, s->criticals, critical);
	if (s->level == LEVEL_OK && s->warnings == 1)
		s->since = now;
	count_good(&s->good_warning,
		is_clear(rule, value, rule->warning) && !warning && !critical);
	count_good(&s->good_critical,
		is_clear(rule, value, rule->critical) && !critical);
	next = next_level(s, rule);
	news = news_of(s->level, next);
	if (news == LEVEL_SAME && next == LEVEL_CRITICAL && rule->repeat > 0 &&
		now - s->told >= rule->repeat)
		news = LEVEL_STILL;
	if (news != LEVEL_SAME)
		s->told = now;
	/* What was before does not raise it again. */
	if (news == LEVEL_RECOVERED)
		s->warnings = s->criticals = 0;
	if (news == LEVEL_BETTER)
		s->criticals = 0;
	s->level = next;
	return news;
}

const char *level_text(enum level level)
{
	static const char *const texts[] = {
		[LEVEL_OK] = "ok",
		[LEVEL_WARNING] = "warning",
		[LEVEL_CRITICAL] = "critical",
	};

	return texts[level];
}

const char *level_news_text(enum level_news news)
{
	static const char *const texts[] = {
		[LEVEL_SAME] = "same",
		[LEVEL_RAISED] = "raised",
		[LEVEL_WORSE] = "worse",
		[LEVEL_BETTER] = "better",
		[LEVEL_RECOVERED] = "recovered",
		[LEVEL_STILL] = "still",
	};

	return texts[news];
}
