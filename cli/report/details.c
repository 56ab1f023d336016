/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What became of each message, by the domain of its sender: the order is
 * pflogsumm's, which turns "mail.example.org" round to example.org.mail.
 */
#include "cli/report/page.h"

#include <stdlib.h>

/* Before the first '@', and behind it up to the next. */
static void split_at(struct span text, struct span *user, struct span *domain)
{
	const char *at = span_char(text, '@'), *end;

	*user = *domain = (struct span){text.at, 0};
	if (!at) {
		*user = text;
		return;
	}
	*user = span_between(text.at, at);
	*domain = span_from(text, at + 1);
	end = span_char(*domain, '@');
	if (end)
		domain->n = (size_t)(end - domain->at);
}

static struct span last_part(struct span *text, char separator)
{
	const char *p = span_end(*text);
	struct span part;

	while (p > text->at && p[-1] != separator)
		p--;
	part = span_from(*text, p);
	text->n = p > text->at ? (size_t)(p - 1 - text->at) : 0;
	return part;
}

/* What a message is sorted by: its domain, turned round, and its user. */
struct detail_key {
	struct span user, parts[3];
};

static struct span path_end(struct span text)
{
	while (text.n && text.at[text.n - 1] == '!')
		text.n--;
	return text;
}

/* "mach.host.dom" as host.dom.mach, as host_domain() folds it. */
static void turn_round(struct span domain, struct span parts[3])
{
	struct span rest = domain, last, middle;

	parts[0] = domain;
	parts[1] = parts[2] = (struct span){domain.at, 0};
	last = last_part(&rest, '.');
	if (last.at == domain.at)
		return;
	if (last.n == 3) {
		middle = last_part(&rest, '.');
		if (middle.at == domain.at || !middle.n)
			return;
	} else {
		struct span second = last_part(&rest, '.');

		if (last.n != 2 || second.at == domain.at || second.n < 2 ||
			second.n > 3)
			return;
		middle = last_part(&rest, '.');
		if (middle.at == domain.at || !middle.n)
			return;
	}
	parts[0] = span_from(domain, middle.at);
	parts[1] = SPAN(".");
	parts[2] = rest;
}

static struct detail_key detail_key(const struct page *p, uint32_t row)
{
	const struct detail *d = tally_value(p->l->details, row);
	uint32_t at = d->first;
	struct span first = ledger_detail(p->l, &at), domain, path;
	struct detail_key key;

	split_at(first, &key.user, &domain);
	if (!domain.n || SPAN_IS(domain, "0")) {
		path = path_end(first);
		key.user = last_part(&path, '!');
		domain = (struct span){first.at, 0};
		if (span_char(path_end(first), '!'))
			domain = last_part(&path, '!');
	}
	if (SPAN_IS(domain, "0"))
		domain.n = 0;
	turn_round(domain, key.parts);
	path = key.user;
	key.user = last_part(&path, '!');
	return key;
}

/* The bytes of a, all of its parts, against those of b. */
static int compare_parts(const struct span a[3], const struct span b[3])
{
	size_t i = 0, j = 0, x = 0, y = 0;

	for (;; x++, y++) {
		while (i < 3 && x == a[i].n)
			i++, x = 0;
		while (j < 3 && y == b[j].n)
			j++, y = 0;
		if (i == 3 || j == 3)
			return (i < 3) - (j < 3);
		if (a[i].at[x] != b[j].at[y])
			return (unsigned char)a[i].at[x] -
			       (unsigned char)b[j].at[y];
	}
}

static int by_domain(const void *a, const void *b, void *ctx)
{
	const struct page *p = ctx;
	uint32_t row_a = *(const uint32_t *)a, row_b = *(const uint32_t *)b;
	struct detail_key x = detail_key(p, row_a), y = detail_key(p, row_b);
	struct span none = {"", 0}, user_x[3] = {x.user, none, none};
	struct span user_y[3] = {y.user, none, none};
	int order = compare_parts(x.parts, y.parts);

	if (!order)
		order = compare_parts(user_x, user_y);
	return order ? order : report_by_name(p->l->details, row_a, row_b);
}

void page_details(const struct page *p)
{
	const struct tally *t = p->l->details;
	uint32_t n = tally_size(t), *order;

	if (!page_head(p, "Message detail", n == 0))
		return;
	order = calloc((size_t)n + 1, sizeof(*order));
	if (!order)
		abort();
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	qsort_r(order, n, sizeof(*order), by_domain, (void *)(uintptr_t)p);
	for (uint32_t i = 0; i < n; i++) {
		const struct detail *d = tally_value(t, order[i]);

		fputc(' ', p->to);
		page_name(p, tally_name(t, order[i]));
		fputs("  ", p->to);
		for (uint32_t at = d->first; at;) {
			if (at != d->first)
				fputs("   ", p->to);
			page_name(p, ledger_detail(p->l, &at));
			fputc('\n', p->to);
		}
		fputc('\n', p->to);
	}
	free(order);
}
