/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who looks at a source, and through what. The filters are asked together, so
 * that most lines end before any of them runs.
 */
#include "daemon/seats.h"

#include <stdlib.h>

#include "daemon/config.h"
#include "filters/dispatch.h"

struct seat {
	size_t jail, filter; /* indices of the configuration */
};

struct seats {
	const struct config *config;
	struct seat *items;
	size_t n;
	struct filter **filters; /* of the seats, each once */
	size_t *filter_ids;	 /* their indices in the configuration */
	size_t filters_n;
	struct dispatch *dispatch; /* NULL: to be made anew */
	struct seats_user user;
};

struct seats *seats_new(
	const struct config *config, const struct seats_user *user)
{
	struct seats *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->config = config;
	s->user = *user;
	s->items = calloc(config->n + 1, sizeof(*s->items));
	s->filters = calloc(config->n + 1, sizeof(*s->filters));
	s->filter_ids = calloc(config->n + 1, sizeof(*s->filter_ids));
	if (!s->items || !s->filters || !s->filter_ids)
		abort();
	return s;
}

void seats_free(struct seats **seats)
{
	struct seats *s = *seats;

	if (!s)
		return;
	dispatch_free(&s->dispatch);
	free(s->items);
	free(s->filters);
	free(s->filter_ids);
	free(s);
	*seats = NULL;
}

void seats_add(struct seats *s, size_t jail, size_t filter)
{
	size_t k = 0;

	if (seats_has(s, jail))
		return;
	s->items[s->n++] = (struct seat){jail, filter};
	dispatch_free(&s->dispatch);
	while (k < s->filters_n && s->filter_ids[k] != filter)
		k++;
	if (k < s->filters_n)
		return;
	s->filter_ids[s->filters_n] = filter;
	s->filters[s->filters_n++] = s->config->filters[filter];
}

bool seats_has(const struct seats *s, size_t jail)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].jail == jail)
			return true;
	return false;
}

size_t seats_count(const struct seats *s)
{
	return s->n;
}

size_t seats_jail(const struct seats *s, size_t i)
{
	return s->items[i].jail;
}

size_t seats_filter(const struct seats *s, size_t i)
{
	return s->items[i].filter;
}

static void on_verdict(void *ctx, size_t filter, enum filter_verdict v,
	const struct failure *failure)
{
	struct seats *s = ctx;

	if (v != FILTER_MATCH && v != FILTER_NAMED)
		return;
	if (s->user.matched)
		*s->user.matched += v == FILTER_MATCH;
	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].filter == s->filter_ids[filter])
			s->user.failure(s->user.ctx, s->items[i].jail, failure);
}

bool seats_line(struct seats *s, const struct line *line)
{
	if (!s->dispatch)
		s->dispatch = dispatch_new(s->filters, s->filters_n);
	return dispatch_line(s->dispatch, line, on_verdict, s);
}
