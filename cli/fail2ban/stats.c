/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fail2ban-client's "stats", of 1.1.0: a table of all jails, its lines drawn
 * as that program draws them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fail2ban/fail2ban.h"
#include "cli/text.h"

enum { JAIL, BACKEND, FAILED, TOTAL_FAILED, BANNED, TOTAL_BANNED, COLUMNS };

static const char *const keys[COLUMNS] = {
	"name", "backend", "failed", "total_failed", "banned", "total_banned"};

/* A column's cell; numbers from FAILED on. The caller frees. */
static char *cell_text(const json_t *jail, int column)
{
	const json_t *value = json_object_get(jail, keys[column]);
	char *text;

	if (column < FAILED)
		return text_escape(value ? json_string_value(value) : "");
	if (asprintf(&text, "%jd", (intmax_t)json_integer_value(value)) < 0)
		abort();
	return text;
}

static void widths_find(const json_t *jails, int widths[COLUMNS])
{
	static const int least[COLUMNS] = {8, 8, 3, 3, 3, 3};
	const json_t *jail;
	size_t i;

	memcpy(widths, least, sizeof(least));
	json_array_foreach (jails, i, jail) {
		for (int c = 0; c < COLUMNS; c++) {
			char *text = cell_text(jail, c);
			int width = (int)text_width(text);

			if (width > widths[c])
				widths[c] = width;
			free(text);
		}
	}
}

static void padded_put(const char *text, int width, bool right)
{
	int blanks = width - (int)text_width(text);

	printf("%*s%s%*s", right && blanks > 0 ? blanks : 0, "", text,
		!right && blanks > 0 ? blanks : 0, "");
}

static void repeat(const char *text, int n)
{
	while (n-- > 0)
		fputs(text, stdout);
}

/* "a | b || 1 | 2 || 3 | 4" */
static void row_put(char *const cells[COLUMNS], const int widths[COLUMNS])
{
	for (int c = 0; c < COLUMNS; c++) {
		if (c)
			fputs(c == TOTAL_FAILED || c == TOTAL_BANNED
					? " \u2502 "
					: " \u2551 ",
				stdout);
		padded_put(cells[c], widths[c], c >= FAILED);
	}
	putchar('\n');
}

/* A line across all, with this where columns meet. */
static void rule_put(const int wide[4], const char *cross)
{
	for (int i = 0; i < 4; i++) {
		fputs(i ? cross : "", stdout);
		repeat("\u2550", wide[i]);
	}
	puts("\u2550");
}

static void head_put(const int widths[COLUMNS], const int wide[4])
{
	static const char *const heads[4] = {"", "", "Filter", "Actions"};
	char none[] = "", cur[] = "cur", tot[] = "tot";
	char *const cells[COLUMNS] = {none, none, cur, tot, cur, tot};

	for (int i = 0; i < 4; i++) {
		fputs(i ? " \u2551 " : "", stdout);
		padded_put(heads[i], wide[i], false);
	}
	putchar('\n');
	padded_put("Jail", wide[JAIL], false);
	fputs(" \u2551 ", stdout);
	padded_put("Backend", wide[BACKEND], false);
	fputs(" \u255f\u2500", stdout);
	repeat("\u2500", wide[2]);
	fputs("\u2500\u256b\u2500", stdout);
	repeat("\u2500", wide[3]);
	puts("\u2500");
	row_put(cells, widths);
	rule_put(wide, "\u2550\u256c\u2550");
}

static int name_compare(const void *a, const void *b)
{
	const json_t *const *x = a, *const *y = b;
	const char *p = json_string_value(json_object_get(*x, "name"));
	const char *q = json_string_value(json_object_get(*y, "name"));

	return strcmp(p ? p : "", q ? q : "");
}

static void rows_put(const json_t *jails, const int widths[COLUMNS])
{
	size_t n = json_array_size(jails), i;
	const json_t **sorted = calloc(n + 1, sizeof(*sorted));
	char *cells[COLUMNS];

	if (!sorted)
		abort();
	for (i = 0; i < n; i++)
		sorted[i] = json_array_get(jails, i);
	qsort(sorted, n, sizeof(*sorted), name_compare);
	for (i = 0; i < n; i++) {
		for (int c = 0; c < COLUMNS; c++)
			cells[c] = cell_text(sorted[i], c);
		row_put(cells, widths);
		for (int c = 0; c < COLUMNS; c++)
			free(cells[c]);
	}
	free(sorted);
}

int fail2ban_stats(const struct options *options, int argc, char **argv)
{
	json_t *status = fail2ban_ask(options, "status", NULL);
	const json_t *jails = json_object_get(status, "jails");
	int widths[COLUMNS], wide[4];

	(void)argc;
	(void)argv;
	if (!status)
		return FAIL2BAN_NO;
	widths_find(jails, widths);
	wide[0] = widths[JAIL];
	wide[1] = widths[BACKEND];
	wide[2] = widths[FAILED] + 3 + widths[TOTAL_FAILED];
	wide[3] = widths[BANNED] + 3 + widths[TOTAL_BANNED];
	head_put(widths, wide);
	rows_put(jails, widths);
	rule_put(wide, "\u2550\u2569\u2550");
	json_decref(status);
	return FAIL2BAN_YES;
}
