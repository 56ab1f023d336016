/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose line it is, and from which source that one is counted. What is logged
 * into several files, or into the journal too, counts from one of them, for as
 * long as something of it comes from there: after a restart, too, when another
 * may have lines that were not read yet, though they were counted.
 */
#include "daemon/counters_parts.h"

#include <string.h>

#include "lib/hash.h"
#include "lib/line.h"

/* The hash of a source's name; 0 if it is not known. */
static uint64_t name_of(const struct counters *c, uint32_t source)
{
	const char *name;
	uint32_t number;

	for (size_t i = 0; c->source; i++) {
		name = c->source(c->source_ctx, i, &number);
		if (!name)
			break;
		if (number == source)
			return hash_plain(name, strlen(name));
	}
	return 0;
}

/* The number that this run has for the source of an owner that the run before
 * had; false if that is read no more. */
static bool number_of(const struct counters *c, uint64_t from, uint32_t *number)
{
	const char *name;

	for (size_t i = 0; c->source; i++) {
		name = c->source(c->source_ctx, i, number);
		if (!name)
			break;
		if (hash_plain(name, strlen(name)) == from)
			return true;
	}
	return false;
}

/* An owner is counted from where the run before counted it. */
static void owner_resume(const struct counters *c, struct counters_owner *owner)
{
	uint64_t name = hash_plain(owner->name, owner->n);
	uint32_t number;

	for (size_t i = 0; i < c->kept_n; i++)
		if (c->kept[i].name == name &&
			number_of(c, c->kept[i].from, &number)) {
			owner->source = number;
			owner->from = c->kept[i].from;
			owner->hour = c->kept[i].hour;
		}
}

/* An instance of Postfix up to the slash of its services; Dovecot. */
static struct counters_owner *owner_find(
	struct counters *c, const struct line *line, bool dovecot)
{
	const char *slash = memchr(line->tag, '/', line->tag_len);
	size_t n = slash ? (size_t)(slash - line->tag) : line->tag_len, i;

	if (n > COUNTERS_INSTANCE)
		n = COUNTERS_INSTANCE;
	for (i = 0; i < c->owners_n; i++)
		if (c->owners[i].n == n &&
			memcmp(c->owners[i].name, line->tag, n) == 0)
			return &c->owners[i];
	/* Those that are too many share one. */
	if (c->owners_n == COUNTERS_OWNERS)
		return &c->owners[COUNTERS_OWNERS - 1];
	c->owners[i] = (struct counters_owner){
		.n = n, .dovecot = dovecot, .source = UINT32_MAX};
	memcpy(c->owners[i].name, line->tag, n);
	c->owners_n++;
	owner_resume(c, &c->owners[i]);
	return &c->owners[i];
}

struct counters_owner *counters_owner_of(
	struct counters *c, const struct line *line, bool dovecot)
{
	uint8_t *known = &c->owner_of_head[line->head];
	struct counters_owner *owner;

	/* Looked for once for each head of a line. */
	if (*known)
		return &c->owners[*known - 1];
	owner = owner_find(c, line, dovecot);
	if (line->head)
		*known = (uint8_t)(owner - c->owners + 1);
	return owner;
}

bool counters_told_twice(const struct counters *c, struct counters_owner *owner,
	uint32_t source, int64_t hour)
{
	int64_t now;

	/* Hours that the clock had ahead of it must not keep another source
	 * out until it is there again. */
	if (hour > owner->hour ||
		(source > owner->source && hour < owner->hour)) {
		now = clock_wall() / COUNTERS_HOUR;
		hour = hour < now ? hour : now;
		owner->hour = owner->hour < now ? owner->hour : now;
	}
	if (source > owner->source && hour <= owner->hour + 1)
		return true;
	if (source != owner->source || !owner->from)
		owner->from = name_of(c, source);
	if (source != owner->source || hour > owner->hour)
		owner->hour = hour;
	owner->source = source;
	owner->lines++;
	return false;
}

/* From one that is read no more nothing will come. */
void counters_followed(struct counters *c)
{
	for (size_t i = 0; i < c->owners_n; i++)
		if (!number_of(c, c->owners[i].from, &c->owners[i].source))
			c->owners[i].source = UINT32_MAX;
}

size_t counters_owners_put(const struct counters *c, uint64_t *numbers)
{
	size_t n = 0;

	for (size_t i = 0; i < c->owners_n; i++) {
		const struct counters_owner *owner = &c->owners[i];

		numbers[n++] = hash_plain(owner->name, owner->n);
		numbers[n++] = owner->from;
		numbers[n++] = (uint64_t)owner->hour;
	}
	/* Of whom nothing was heard since. */
	for (size_t i = 0; i < c->kept_n && n < COUNTERS_KEPT; i++) {
		const struct counters_kept *kept = &c->kept[i];
		size_t at = 0;

		while (at < n && numbers[at] != kept->name)
			at += 3;
		if (at < n)
			continue;
		numbers[n++] = kept->name;
		numbers[n++] = kept->from;
		numbers[n++] = (uint64_t)kept->hour;
	}
	return n;
}

void counters_owners_take(struct counters *c, const uint64_t *numbers, size_t n)
{
	c->kept_n = 0;
	for (size_t i = 0; i + 3 <= n && i < COUNTERS_KEPT; i += 3)
		c->kept[c->kept_n++] =
			(struct counters_kept){.name = numbers[i],
				.from = numbers[i + 1],
				.hour = (int64_t)numbers[i + 2]};
}
