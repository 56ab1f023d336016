/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text as an ini file: each entry's rows stand on lines that the file has,
 * in order, and every value can be laid over another and expanded.
 */
#include <string.h>

#include "lib/conf.h"
#include "lib/ini.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void check(const struct ini_entry *e, int rows)
{
	must(e->section && *e->section);
	if (!e->key)
		return;
	must(*e->key && e->text && e->rows >= 1);
	for (int i = 0; i < e->rows; i++) {
		must(e->lines[i] >= 1 && e->lines[i] <= rows);
		must(i == 0 || e->lines[i] > e->lines[i - 1]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *arena = arena_new();
	struct conf *conf = conf_new(arena);
	struct ini ini = {0};
	struct err err;
	int rows = 1;

	for (size_t i = 0; i < n; i++)
		rows += data[i] == '\n' || data[i] == '\r';
	err_init(&err);
	ini_parse(&ini, arena, "fuzz.conf", (const char *)data, n, &err);
	for (size_t i = 0; i < ini.n; i++) {
		const struct ini_entry *e = &ini.entries[i];

		check(e, rows);
		if (e->key)
			conf_set(conf, e->section, e->key, e->text, "fuzz.conf",
				e->lines[0]);
	}
	for (size_t i = 0; i < ini.n && i < 50; i++) {
		const struct ini_entry *e = &ini.entries[i];
		size_t faults = err.faults;
		char *text;

		if (!e->key)
			continue;
		must(conf_find(conf, e->section, e->key));
		text = conf_expand(conf, e->section,
			conf_find(conf, e->section, e->key), &err);
		must(!text == (err.faults > faults));
		must(!text || strlen(text) <= CONF_TEXT_MOST);
		free(text);
	}
	for (size_t i = 0; i < err.n; i++)
		must(strncmp(err.items[i].text, "fuzz.conf", 9) == 0);
	err_deinit(&err);
	arena_free(&arena);
	return 0;
}
