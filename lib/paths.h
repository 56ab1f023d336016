/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_PATHS_H
#define MAILBAN_LIB_PATHS_H

#include <glob.h>
#include <stdbool.h>

/* Entries of directories that one search looks at. */
#define PATHS_LOOKED_MOST 100000

/*
 * glob(3) that ends: one that has looked at PATHS_LOOKED_MOST entries answers
 * with what it found among them, and sets *cut (which may be NULL). 0, with
 * *found for globfree(3), or what glob(3) answers when there is nothing.
 * flags: GLOB_NOSORT or 0. For one thread.
 */
int paths_find(const char *pattern, int flags, glob_t *found, bool *cut);

/* Whether it has a wildcard, so that more than one path may be meant. */
bool paths_is_pattern(const char *pattern);

#endif
