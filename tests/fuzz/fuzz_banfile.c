/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a list of bans that somebody else made: what is taken out of it
 * are networks without host bits and names of jails, the same each time.
 */
#include <string.h>

#include "cli/banfile.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_hold("Europe/Berlin");
	return 0;
}

/* At the very end of its memory, so that a byte too far is seen. */
static void parse(struct banfile *list, const uint8_t *data, size_t n)
{
	char *text = malloc(n + 1);
	struct err err;

	err_init(&err);
	memcpy(text, data, n);
	text[n] = '\0';
	banfile_parse(list, text, n, 3, "list", &err);
	must(err.n <= ERR_MOST + 1);
	err_deinit(&err);
	free(text);
}

static void check(const struct banfile_row *row)
{
	char text[PREFIX_TEXT];
	struct prefix again;

	prefix_format(&row->who, text);
	must(prefix_is_cut(&row->who));
	must(prefix_parse(text, strlen(text), &again));
	must(memcmp(&again, &row->who, sizeof(again)) == 0);
	must(memchr(row->jail, 0, sizeof(row->jail)));
	must(!*row->jail || layout_name_valid(row->jail));
	must(row->end >= BANFILE_FOREVER && row->start >= 0);
	must(row->file == 3 && row->line > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct banfile list = {.now = FUZZ_NOW / CLOCK_SECOND}, other = list;

	parse(&list, data, n);
	parse(&other, data, n);
	must(list.n <= n && list.n == other.n);
	for (size_t i = 0; i < list.n; i++) {
		check(&list.rows[i]);
		must(prefix_contains(
			&list.rows[i].who, &other.rows[i].who.net));
		must(strcmp(list.rows[i].jail, other.rows[i].jail) == 0);
		must(list.rows[i].end == other.rows[i].end);
	}
	banfile_deinit(&list);
	banfile_deinit(&other);
	return 0;
}
