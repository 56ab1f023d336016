/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_LEVEL_H
#define MAILBAN_ALARMS_LEVEL_H

#include <stdbool.h>
#include <stdint.h>

enum level { LEVEL_OK, LEVEL_WARNING, LEVEL_CRITICAL };

/* What one sample made of an alarm: what people are to be told, if at all. */
enum level_news {
	LEVEL_SAME,
	LEVEL_RAISED,
	LEVEL_WORSE,  /* from warning to critical */
	LEVEL_BETTER, /* from critical to warning */
	LEVEL_RECOVERED,
	LEVEL_STILL, /* critical for long: told again */
};

/*
 * When a value is an alarm. It is one when n of the last of samples (1 to 32)
 * were beyond the threshold, and ends after good samples in a row that are
 * better than the threshold times clear plus add: between the two nothing
 * changes. A threshold that is off is INFINITY, or -INFINITY if below.
 */
struct level_rule {
	double warning, critical;
	double clear, add;
	int64_t repeat; /* microseconds after which it is told again; 0: never
			 */
	uint8_t n, of, good;
	bool below; /* what is low is bad; else what is high */
};

struct level_state {
	enum level level;
	/* Monotonic time: of the first sample that was beyond, in this alarm;
	 * of the last news. */
	int64_t since, told;
	uint32_t warnings, criticals; /* a bit a sample, the last the lowest */
	uint8_t good_warning, good_critical;
};

/*
 * Takes the value of monotonic time now (microseconds); NAN is no sample. The
 * wall clock has no part in it: it may jump.
 */
enum level_news level_sample(struct level_state *state,
	const struct level_rule *rule, double value, int64_t now);

/* "ok", "warning", "critical". */
const char *level_text(enum level level);
/* "raised", "worse", "better", "recovered", "still"; "same". */
const char *level_news_text(enum level_news news);

#endif
