/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A report's lists of causes, two or three levels deep, as pflogsumm indents
 * them.
 */
#include "cli/report/page.h"

#include <inttypes.h>
#include <stdlib.h>

static void print_rows(const struct page *p, const struct cause *all,
	uint32_t from, uint32_t to, int indent, int64_t left)
{
	for (; from < to; from++) {
		fwrite("      ", 1, (size_t)indent, p->to);
		page_count(p->to, all[from].count);
		fputs("  ", p->to);
		page_name(p, all[from].who);
		fputc('\n', p->to);
		if (--left == 0)
			break;
	}
}

/* The reasons below one head, each with its rows; three levels or two. */
static void print_causes(const struct page *p, const struct causes *causes,
	const char *title, int levels, int64_t most)
{
	struct cause *all;
	uint32_t n;

	if (!page_head(p, title, causes_size(causes) == 0))
		return;
	all = causes_sorted(causes, &n);
	for (uint32_t i = 0, end; i < n; i = end) {
		uint64_t total = 0;

		if (levels == 3 &&
			(i == 0 || !span_same(all[i].what, all[i - 1].what))) {
			fputs("  ", p->to);
			page_name(p, all[i].what);
			fputc('\n', p->to);
		}
		for (end = i; end < n && all[end].group == all[i].group; end++)
			total += all[end].count;
		if (levels > 1) {
			fprintf(p->to, "%*s", 2 * (levels - 1), "");
			page_name(p, all[i].why);
			if (most > 0)
				fprintf(p->to, " (top %" PRId64 ")", most);
			fprintf(p->to, " (total: %" PRIu64 ")\n", total);
		}
		print_rows(p, all, i, end, levels > 1 ? 2 * levels : 1, most);
	}
	free(all);
}

void page_problems(const struct page *p)
{
	const struct ledger *l = p->l;
	const int64_t *lists = p->o->lists;

	if (lists[REPORT_DEFERRALS])
		print_causes(p, l->deferrals, "message deferral detail", 2,
			lists[REPORT_DEFERRALS]);
	if (lists[REPORT_BOUNCES])
		print_causes(p, l->bounces, "message bounce detail (by relay)",
			2, lists[REPORT_BOUNCES]);
	if (lists[REPORT_REJECTS]) {
		int64_t most = lists[REPORT_REJECTS];

		print_causes(p, l->refused[RECORD_REJECT],
			"message reject detail", 3, most);
		print_causes(p, l->refused[RECORD_REJECT_WARNING],
			"message reject warning detail", 3, most);
		print_causes(p, l->refused[RECORD_HOLD], "message hold detail",
			3, most);
		print_causes(p, l->refused[RECORD_DISCARD],
			"message discard detail", 3, most);
	}
	if (lists[REPORT_FAILURES])
		print_causes(p, l->failures, "smtp delivery failures", 2,
			lists[REPORT_FAILURES]);
	if (lists[REPORT_WARNINGS])
		print_causes(
			p, l->warnings, "Warnings", 2, lists[REPORT_WARNINGS]);
	print_causes(p, l->fatals, "Fatal Errors", 2, 0);
	print_causes(p, l->panics, "Panics", 2, 0);
	print_causes(p, l->masters, "Master daemon messages", 1, 0);
}

void page_unknown(const struct page *p)
{
	print_causes(
		p, p->l->unknown, "Lines not understood (by program)", 1, 0);
}
