/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_NAMES_H
#define MAILBAN_LIB_NAMES_H

#include <stddef.h>

#include "lib/arena.h"

/* Numbers by names, for what a configuration names by the thousand. */
struct names;

/* All of it lives in the arena. */
struct names *names_new(struct arena *arena);
/*
 * The number of the name, which may be changed in place until the next call of
 * names_put; NULL if there is none. names may be NULL.
 */
size_t *names_find(const struct names *names, const char *name);
/* The same; a name that there was none of has 0. The text must outlive it. */
size_t *names_put(struct names *names, const char *name);

#endif
