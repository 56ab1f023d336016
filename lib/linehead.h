/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_LINEHEAD_H
#define MAILBAN_LIB_LINEHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line;

#define LINEHEAD_TEXT 112
#define LINEHEAD_NUMBERS 1024

/*
 * What of a line's head is the same from process to process:
 *    mx postfix/smtpd[123]: warning: ...
 *   |----before------|   |-|after
 */
struct linehead {
	const char *before, *after; /* in the body */
	size_t before_n, after_n;
	bool pid; /* digits stand between the two */
};

/*
 * Of a line whose parts were cut. False if it has no program, or more than fits
 * or less than eight bytes; else before_n is 8 to LINEHEAD_TEXT and after_n 1
 * to 8.
 */
bool linehead_cut(const struct line *line, struct linehead *out);

/*
 * A number that no other head has, from 1 to LINEHEAD_NUMBERS - 1, the same for
 * as long as the process lives. 0: so many have theirs that this gets none.
 * *h is what linehead_cut gives.
 */
uint16_t linehead_number(const struct linehead *h);
/* The number of a line's head; 0 if it has none that can be cut. */
uint16_t linehead_of(const struct line *line);

#endif
