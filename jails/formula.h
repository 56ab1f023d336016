/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_FORMULA_H
#define MAILBAN_JAILS_FORMULA_H

#include <stdbool.h>
#include <stdint.h>

struct arena;

/*
 * The expression of bantime.formula and bantime.factor, in that part of
 * Python that fail2ban's jail.conf(5) shows:
 *
 *   ban.Time * (1<<(ban.Count if ban.Count<20 else 20)) * banFactor
 *   ban.Time * math.exp(float(ban.Count+1)*banFactor)/math.exp(1*banFactor)
 *
 * with a if c else b, and or not, comparisons, | & ^ << >> + - * / // % **,
 * int float abs round min max, math.exp .log .log2 .log10 .sqrt .pow .floor
 * .ceil, math.pi and math.e. Numbers are whole while they fit 64 bits and
 * become floating beyond; nothing overflows into another value.
 */
struct formula;

struct formula_ban {
	int64_t time;  /* ban.Time: the jail's bantime in seconds */
	int64_t count; /* ban.Count: bans of this address before this one */
	double factor; /* banFactor */
};

/* What formula_parse writes at most about what is wrong, NUL included. */
#define FORMULA_WHY 128

/*
 * Compiles text into the arena. NULL if it is no such expression, is deeper
 * than 40 or of more than 500 parts: then why says what and at which column.
 */
struct formula *formula_parse(
	struct arena *arena, const char *text, char why[FORMULA_WHY]);

/*
 * The value for this ban. False if there is none (division by zero, root of
 * a negative number, not finite); *value is then untouched. Takes a bounded
 * number of steps and no memory.
 */
bool formula_eval(const struct formula *formula, const struct formula_ban *ban,
	double *value);

#endif
