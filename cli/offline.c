/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A filter and a log, as the commands that need no daemon take them: loaded by
 * the daemon's own code, and every fault told.
 */
#include "cli/offline.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/text.h"
#include "filters/filter.h"
#include "lib/datadir.h"
#include "lib/line.h"
#include "sources/header.h"
#include "sources/replay.h"

struct filter *offline_filter(const char *text, const struct options *options,
	struct filterfile *file, struct arena *arena)
{
	char dir[PATH_MAX];
	const char *datadir = datadir_find(dir, sizeof(dir));
	struct filter_spec spec = {0};
	struct filter *filter = NULL;
	struct err err;

	err_init(&err);
	if (filter_spec_parse(&spec, text, arena, &err))
		filter = filter_new(&spec, options->config, datadir, &err);
	if (filter && file)
		filterfile_read(
			file, &spec, options->config, datadir, arena, &err);
	for (size_t i = 0; i < err.n; i++)
		text_complain("%s", err.items[i].text);
	err_deinit(&err);
	return filter;
}

int offline_read(const char *what,
	void (*fn)(void *ctx, const struct line *line), void *ctx)
{
	struct header_clock clock = {0};
	struct line line;
	char why[256];

	if (strcmp(what, "-") == 0 || access(what, F_OK) == 0) {
		if (replay_read(what, fn, ctx, why, sizeof(why)) == 0)
			return EXIT_YES;
		text_complain("%s: %s", what, why);
		return EXIT_FAULT;
	}
	if (!strchr(what, ' ')) {
		text_complain("%s: %s", what, strerror(errno));
		return EXIT_FAULT;
	}
	header_cut(what, strlen(what), &clock, &line);
	fn(ctx, &line);
	return EXIT_YES;
}
