/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_FAIL2BAN_REGEXDATE_H
#define MAILBAN_CLI_FAIL2BAN_REGEXDATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct dates;

/* The moment of a line, in seconds since 1970. */
struct regexdate_moment {
	double date;
	bool dated;
	bool whole; /* Python has an int of it */
};

struct regexdate {
	struct dates *dates;
	const char *zone;  /* of dates that tell none, as TZ; NULL: local */
	json_t *last_text; /* the last date as it stood, and its moment */
	double last_date;
	size_t given_n; /* the line begins with its date, of so many bytes, */
	double given;	/* which is this moment; 0: it is looked for */
};

/* Cuts the date out of a line, valid UTF-8: [before, date, behind], to be
 * given back. */
json_t *regexdate_cut(struct regexdate *t, const char *text, size_t n,
	struct regexdate_moment *at);
/* What a date template is called, of its row; the caller frees. */
char *regexdate_name(const char *row);

#endif
