/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_TESTS_FILTERS_CONFDIR_H
#define MAILBAN_TESTS_FILTERS_CONFDIR_H

#include "filters/filter.h"
#include "lib/err.h"

/* For tests of filters that they write themselves: a directory of them. */

/* For a group of tests: makes it, and takes it away with all that is in it. */
int confdir_make(void **state);
int confdir_remove(void **state);

/* Writes filter.d/NAME, or another text into it. */
void confdir_put(const char *name, const char *text);

/*
 * Loads what a jail's filter= says there. NULL if err, which this inits, got a
 * fault: of jail.local, line 7, if of no file that was written.
 */
struct filter *confdir_load(const char *spec, struct err *err);

/* The filter of that [Definition], which has no fault. */
struct filter *confdir_filter(const char *definition);

#endif
