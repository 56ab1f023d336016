/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An open-addressed table of texts. Its hash has no secret: what is named here
 * stands in the admin's own files, and its size has a limit elsewhere.
 */
#include "lib/names.h"

#include <string.h>

#include "lib/hash.h"

#define ROOM_FIRST 16

struct entry {
	const char *name; /* NULL: free */
	size_t number;
};

struct names {
	struct arena *arena;
	struct entry *entries;
	size_t n, room; /* room is a power of two */
};

struct names *names_new(struct arena *arena)
{
	struct names *names = arena_alloc(arena, sizeof(*names));

	names->arena = arena;
	names->room = ROOM_FIRST;
	names->entries =
		arena_alloc(arena, ROOM_FIRST * sizeof(*names->entries));
	return names;
}

/* Where the name is, or the free place where it would be. */
static struct entry *look_up(const struct names *names, const char *name)
{
	size_t at = hash_plain(name, strlen(name));
	struct entry *e;

	for (;; at++) {
		e = &names->entries[at & (names->room - 1)];
		if (!e->name || strcmp(e->name, name) == 0)
			return e;
	}
}

size_t *names_find(const struct names *names, const char *name)
{
	struct entry *e = names ? look_up(names, name) : NULL;

	return e && e->name ? &e->number : NULL;
}

static void grow(struct names *names)
{
	struct entry *old = names->entries;
	size_t room = names->room;

	names->room *= 2;
	names->entries = arena_alloc(
		names->arena, names->room * sizeof(*names->entries));
	for (size_t i = 0; i < room; i++)
		if (old[i].name)
			*look_up(names, old[i].name) = old[i];
}

size_t *names_put(struct names *names, const char *name)
{
	struct entry *e = look_up(names, name);

	if (e->name)
		return &e->number;
	if (names->n >= names->room / 2) {
		grow(names);
		e = look_up(names, name);
	}
	names->n++;
	e->name = name;
	return &e->number;
}
