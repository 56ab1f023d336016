/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts by three names. They are one key of a tally: the lengths of the
 * first two, then all three; so that no name can be made to look like two.
 */
#include "ledger/causes.h"

#include <stdlib.h>

#include "ledger/address.h"
#include "ledger/tally.h"

struct causes {
	struct tally *tally; /* of uint64_t */
	char *key;
	size_t room;
};

struct causes *causes_new(uint32_t most)
{
	struct causes *causes = calloc(1, sizeof(*causes));

	if (!causes)
		abort();
	causes->tally = tally_new(sizeof(uint64_t), most);
	return causes;
}

void causes_free(struct causes **causes)
{
	if (!*causes)
		return;
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

void causes_add(struct causes *causes, struct span what, struct span why,
	struct span who)
{
	uint32_t lengths[2] = {(uint32_t)what.n, (uint32_t)why.n}, row;
	size_t need = sizeof(lengths) + what.n + why.n + who.n;
	char *to;

	if (need > causes->room) {
		causes->room = need < 1024 ? 1024 : 2 * need;
		free(causes->key);
		causes->key = malloc(causes->room);
		if (!causes->key)
			abort();
	}
	memcpy(causes->key, lengths, sizeof(lengths));
	to = put(causes->key + sizeof(lengths), what);
	to = put(put(to, why), who);
	row = tally_row(causes->tally, span_between(causes->key, to));
	if (row != TALLY_NONE)
		++*(uint64_t *)tally_value(causes->tally, row);
}

static struct cause cause_at(const struct causes *causes, uint32_t row)
{
	struct span key = tally_name(causes->tally, row);
	uint32_t lengths[2];
	struct cause out;

	memcpy(lengths, key.at, sizeof(lengths));
	span_skip(&key, sizeof(lengths));
	out.what = (struct span){key.at, lengths[0]};
	span_skip(&key, lengths[0]);
	out.why = (struct span){key.at, lengths[1]};
	span_skip(&key, lengths[1]);
	out.who = key;
	out.key = host_key(key);
	out.count = *(uint64_t *)tally_value(causes->tally, row);
	return out;
}

static int compare_bytes(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = memcmp(a.at, b.at, n);

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare_causes(const void *x, const void *y)
{
	const struct cause *a = x, *b = y;
	int order = compare_bytes(a->what, b->what);

	if (!order)
		order = compare_bytes(a->why, b->why);
	if (order)
		return order;
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	order = host_compare(a->who, b->who);
	return order ? order : compare_bytes(a->who, b->who);
}

struct cause *causes_sorted(const struct causes *causes, uint32_t *n)
{
	struct cause *all;

	*n = tally_size(causes->tally);
	all = calloc((size_t)*n + 1, sizeof(*all));
	if (!all)
		abort();
	for (uint32_t i = 0; i < *n; i++)
		all[i] = cause_at(causes, i);
	qsort(all, *n, sizeof(*all), compare_causes);
	return all;
}

uint32_t causes_size(const struct causes *causes)
{
	return tally_size(causes->tally);
}
