/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filters for a test, in a directory of its own. The test has to take every
 * filter away that it loaded.
 */
#include "tests/filters/confdir.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64], filters[80];

int confdir_make(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/mailban-filter-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(filters, sizeof(filters), "%s/filter.d", dir);
	return mkdir(filters, 0700);
}

int confdir_remove(void **state)
{
	DIR *d = opendir(filters);
	struct dirent *entry;

	(void)state;
	while (d && (entry = readdir(d)))
		unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
	rmdir(filters);
	return rmdir(dir);
}

void confdir_put(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", filters, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

struct filter *confdir_load(const char *spec_text, struct err *err)
{
	struct arena *arena = arena_new();
	struct filter_spec spec = {.file = "jail.local", .line = 7};
	struct filter *filter = NULL;

	err_init(err);
	if (filter_spec_parse(&spec, spec_text, arena, err))
		filter = filter_new(&spec, dir, NULL, err);
	arena_free(&arena);
	return filter;
}

struct filter *confdir_filter(const char *definition)
{
	struct filter *filter;
	struct err err;
	char *text;

	assert_true(asprintf(&text, "[Definition]\n%s", definition) > 0);
	confdir_put("one.conf", text);
	free(text);
	filter = confdir_load("one", &err);
	if (!filter)
		fail_msg("%s", err.items[0].text);
	err_deinit(&err);
	return filter;
}
