/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names that come most often, of more than anybody wants to keep (Misra and
 * Gries, 1982). Names are strangers': they are made harmless before anything
 * is done with them, and no number of them takes more room.
 */
#include "alarms/heavy.h"

#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"

static bool is_harmless(char c)
{
	return c >= ' ' && c <= '~' && !strchr("<>\"|\\", c);
}

bool heavy_is_kept(const char *name)
{
	while (is_harmless(*name))
		name++;
	return !*name;
}

static size_t take_name(char to[HEAVY_NAME], const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < HEAVY_NAME - 1; i++)
		to[i] = (char)(is_harmless(name[i]) ? name[i] : '?');
	to[i] = '\0';
	return i;
}

void heavy_add(struct heavy *h, const char *name, size_t n)
{
	struct heavy_slot *free_slot = NULL;
	char text[HEAVY_NAME];
	size_t length = take_name(text, name, n);
	/* Nobody gains by names of one hash, which are compared then. */
	uint32_t hash = (uint32_t)hash_plain(text, length);

	for (size_t i = 0; i < HEAVY_SLOTS; i++) {
		struct heavy_slot *s = &h->slots[i];

		if (!s->n) {
			free_slot = s;
		} else if (s->hash == hash && strcmp(s->name, text) == 0) {
			s->n++;
			return;
		}
	}
	if (free_slot) {
		free_slot->n = 1;
		free_slot->hash = hash;
		memcpy(free_slot->name, text, length + 1);
		return;
	}
	for (size_t i = 0; i < HEAVY_SLOTS; i++)
		h->slots[i].n--;
}

static int compare(const void *a, const void *b)
{
	const struct heavy_slot *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return strcmp(x->name, y->name);
}

void heavy_sort(struct heavy *h)
{
	for (size_t i = 0; i < HEAVY_SLOTS; i++)
		if (!h->slots[i].n)
			h->slots[i].name[0] = '\0';
	qsort(h->slots, HEAVY_SLOTS, sizeof(*h->slots), compare);
}
