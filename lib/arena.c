/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks of memory that a configuration is built in and freed with. */
#include "lib/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 16384

#define ALIGN alignof(max_align_t)

struct block {
	struct block *next;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

struct arena {
	struct block *blocks;
};

struct arena *arena_new(void)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (!arena)
		abort();
	return arena;
}

void arena_free(struct arena **arena)
{
	if (!*arena)
		return;
	for (struct block *b = (*arena)->blocks, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	free(*arena);
	*arena = NULL;
}

void *arena_alloc(struct arena *arena, size_t n)
{
	struct block *b = arena->blocks;
	void *out;

	n = (n + ALIGN - 1) / ALIGN * ALIGN;
	if (!b || b->size - b->used < n) {
		size_t size = n > BLOCK_SIZE ? n : BLOCK_SIZE;

		b = calloc(1, sizeof(*b) + size);
		if (!b)
			abort();
		b->size = size;
		b->next = arena->blocks;
		arena->blocks = b;
	}
	out = b->bytes + b->used;
	b->used += n;
	return out;
}

char *arena_copy(struct arena *arena, const char *text, size_t n)
{
	char *out = arena_alloc(arena, n + 1);

	memcpy(out, text, n);
	return out;
}

char *arena_string(struct arena *arena, const char *text)
{
	return arena_copy(arena, text, strlen(text));
}

char *arena_print(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text, *out;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	out = arena_string(arena, text);
	free(text);
	return out;
}
