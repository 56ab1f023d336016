/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_DATES_H
#define MAILBAN_FILTERS_DATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filters/datetemplate.h"

/*
 * The dates that one filter's lines may have: its datepattern, or fail2ban's
 * default list of 17 and the same at the line's beginning. It remembers which
 * matched last and where, and tries that first.
 */
struct dates;

/*
 * The rows of a datepattern, apart by newlines; NULL for the default. Returns
 * NULL on error: then why (at least 200 bytes) holds what is wrong. The usual
 * templates are compiled when a line asks for them.
 * Source: fail2ban's datedetector.py; jail.conf(5), datepattern.
 */
struct dates *dates_new(const char *datepattern, char *why, size_t room);
void dates_free(struct dates **dates);

/*
 * Whether a datepattern asks for nothing but what a header's date at the
 * beginning of a line is found by anyway: {^LN-BEG} or {DEFAULT}, alone.
 */
bool dates_is_usual(const char *datepattern);

/* Looks for a date in a line's text, valid UTF-8 unless ascii. */
bool dates_find(struct dates *dates, const char *text, size_t n, bool ascii,
	struct date_found *out);
/* Compiles the usual templates now. */
void dates_compile(struct dates *dates);

/* A template: its row of the datepattern, how many lines' dates it found, and
 * what it weighs among the others, by itself and for what it found. */
struct dates_template {
	const char *row;
	uint64_t hits;
	double own, weight;
};

/*
 * The one that is tried i-th now; false behind the last, and as long as no
 * line has asked for the usual list.
 */
bool dates_template(
	const struct dates *dates, size_t i, struct dates_template *out);
/* How many searches were given up since the last call. */
uint64_t dates_limits(struct dates *dates);

#endif
