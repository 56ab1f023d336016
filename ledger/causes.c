/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts by three names. Many have the same first two, which are long: those
 * are a row of one tally, and its number with the third is a row of another.
 * The length of the first goes with the two, so that no names can be made to
 * look like others.
 */
#include "ledger/causes.h"

#include <stdlib.h>

#include "ledger/host.h"
#include "ledger/tally.h"

struct causes {
	struct tally *groups; /* the length of what, what, why */
	struct tally *tally;  /* of uint64_t: the group's row, who */
	char *key;
	size_t room;
};

struct causes *causes_new(uint32_t most)
{
	struct causes *causes = calloc(1, sizeof(*causes));

	if (!causes)
		abort();
	causes->groups = tally_new(0, most);
	causes->tally = tally_new(sizeof(uint64_t), most);
	return causes;
}

void causes_free(struct causes **causes)
{
	if (!*causes)
		return;
	tally_free(&(*causes)->groups);
	tally_free(&(*causes)->tally);
	free((*causes)->key);
	free(*causes);
	*causes = NULL;
}

static char *put(char *to, struct span text)
{
	memcpy(to, text.at, text.n);
	return to + text.n;
}

/* A number and two names as one. */
static struct span key_of(
	struct causes *causes, uint32_t number, struct span a, struct span b)
{
	size_t need = sizeof(number) + a.n + b.n;
	char *to;

	if (need > causes->room) {
		causes->room = need < 1024 ? 1024 : 2 * need;
		free(causes->key);
		causes->key = malloc(causes->room);
		if (!causes->key)
			abort();
	}
	memcpy(causes->key, &number, sizeof(number));
	to = put(put(causes->key + sizeof(number), a), b);
	return span_between(causes->key, to);
}

void causes_add(struct causes *causes, struct span what, struct span why,
	struct span who)
{
	uint32_t group, row;

	group = tally_row(
		causes->groups, key_of(causes, (uint32_t)what.n, what, why));
	if (group == TALLY_NONE)
		return;
	row = tally_row(causes->tally, key_of(causes, group, who, SPAN("")));
	if (row != TALLY_NONE)
		++*(uint64_t *)tally_value(causes->tally, row);
}

/* The number in front of a key, which is cut off. */
static uint32_t cut_number(struct span *key)
{
	uint32_t number;

	memcpy(&number, key->at, sizeof(number));
	span_skip(key, sizeof(number));
	return number;
}

static void group_names(
	const struct tally *groups, uint32_t row, struct cause *out)
{
	struct span key = tally_name(groups, row);
	uint32_t n = cut_number(&key);

	out->what = (struct span){key.at, n};
	out->why = span_from(key, key.at + n);
}

static int compare_bytes(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = memcmp(a.at, b.at, n);

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare_groups(const struct tally *groups, uint32_t x, uint32_t y)
{
	struct cause a, b;
	int order;

	group_names(groups, x, &a);
	group_names(groups, y, &b);
	order = compare_bytes(a.what, b.what);
	return order ? order : compare_bytes(a.why, b.why);
}

/* The place of each group among them; the caller frees. */
static uint32_t *groups_ranked(const struct tally *groups)
{
	uint32_t *order = tally_sorted(groups, compare_groups);
	uint32_t *rank = calloc((size_t)tally_size(groups) + 1, sizeof(*rank));

	if (!rank)
		abort();
	for (uint32_t i = 0; i < tally_size(groups); i++)
		rank[order[i]] = i;
	free(order);
	return rank;
}

/* A cause with what it is put in order by: of many the names begin alike. */
struct ordered {
	struct cause cause;
	struct span host; /* host_ordered of who */
};

static int compare_causes(const void *x, const void *y)
{
	const struct ordered *p = x, *q = y;
	const struct cause *a = &p->cause, *b = &q->cause;
	int order;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	order = compare_bytes(p->host, q->host);
	return order ? order : compare_bytes(a->who, b->who);
}

/* Their causes, without an order; returns the bytes of all names. */
static size_t causes_list(const struct causes *causes, struct ordered *all)
{
	uint32_t *rank = groups_ranked(causes->groups);
	size_t bytes = 0;

	for (uint32_t i = 0; i < tally_size(causes->tally); i++) {
		struct cause *cause = &all[i].cause;
		uint32_t row;

		cause->who = tally_name(causes->tally, i);
		row = cut_number(&cause->who);
		group_names(causes->groups, row, cause);
		cause->group = rank[row];
		cause->count = *(uint64_t *)tally_value(causes->tally, i);
		bytes += cause->who.n;
	}
	free(rank);
	return bytes;
}

struct cause *causes_sorted(const struct causes *causes, uint32_t *n)
{
	struct ordered *all;
	struct cause *out;
	char *room, *to;

	*n = tally_size(causes->tally);
	all = calloc((size_t)*n + 1, sizeof(*all));
	out = calloc((size_t)*n + 1, sizeof(*out));
	if (!all || !out)
		abort();
	to = room = malloc(2 * causes_list(causes, all) + 1);
	if (!room)
		abort();
	for (uint32_t i = 0; i < *n; i++) {
		all[i].host = host_ordered(all[i].cause.who, to);
		to += all[i].host.n;
	}
	qsort(all, *n, sizeof(*all), compare_causes);
	for (uint32_t i = 0; i < *n; i++)
		out[i] = all[i].cause;
	free(all);
	free(room);
	return out;
}

uint32_t causes_size(const struct causes *causes)
{
	return tally_size(causes->tally);
}
