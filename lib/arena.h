/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_ARENA_H
#define MAILBAN_LIB_ARENA_H

#include <stddef.h>

/*
 * Memory that is given back all at once: what a load makes and a reload
 * replaces whole. Running out of memory at load is fatal (abort), so no
 * caller tests for NULL; never used on the way of a line.
 */
struct arena;

struct arena *arena_new(void);
void arena_free(struct arena **arena);
/* n bytes, zeroed, aligned for any type; owned by the arena. */
void *arena_alloc(struct arena *arena, size_t n);
/* A NUL-terminated copy of n bytes, or of a string. */
char *arena_copy(struct arena *arena, const char *text, size_t n);
char *arena_string(struct arena *arena, const char *text);
__attribute__((format(printf, 2, 3))) char *arena_print(
	struct arena *arena, const char *format, ...);

#endif
