/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the files of a logpath with wildcards, now and when they come. It
 * must not tell a rotated file, or its lines would be read twice.
 */
#include "sources/glob.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>

#include "lib/log.h"
#include "lib/paths.h"
#include "sources/rotation.h"
#include "sources/watch.h"

/* Directories of one pattern that are watched; the tick sees the rest. */
#define DIRECTORIES 16
/* How often the tick looks again where it cannot look at all. */
#define CUT_TICKS 60

struct file_glob {
	struct watch_user user; /* first: the watch knows us by it */
	struct file_watch *watch;
	char *pattern;
	bool changed, plain, full;
	bool cut; /* there is more to look at than is looked at */
	unsigned int ticks;
	char **told;
	size_t n_told;
	int wd[DIRECTORIES];
	size_t n_wd;
};

static void glob_event(
	struct watch_user *user, int wd, uint32_t mask, const char *name)
{
	struct file_glob *g = (struct file_glob *)user;

	(void)name;
	if (mask & IN_Q_OVERFLOW)
		g->changed = !g->plain;
	for (size_t i = 0; i < g->n_wd; i++) {
		if (g->wd[i] != wd || wd < 0)
			continue;
		if (mask & (IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF |
				   IN_MOVE_SELF | IN_IGNORED | IN_ATTRIB))
			g->changed = true;
		if (mask & IN_IGNORED)
			g->wd[i] = -1;
	}
}

static void glob_tick(struct watch_user *user)
{
	struct file_glob *g = (struct file_glob *)user;

	/* Not each second what is dear, and finds no more. */
	if (g->cut && ++g->ticks % CUT_TICKS != 0)
		return;
	g->changed = g->changed || !g->plain;
}

int file_glob_new(
	struct file_watch *w, const char *pattern, struct file_glob **out)
{
	struct file_glob *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	g->user = (struct watch_user){glob_event, glob_tick};
	g->watch = w;
	g->pattern = strdup(pattern);
	g->told = calloc(FILE_GLOB_MOST, sizeof(*g->told));
	if (!g->pattern || !g->told || watch_join(w, &g->user) < 0) {
		free(g->pattern);
		free(g->told);
		free(g);
		return -ENOMEM;
	}
	g->plain = !paths_is_pattern(pattern);
	g->changed = true;
	*out = g;
	return 0;
}

static void unwatch(struct file_glob *g)
{
	while (g->n_wd)
		watch_drop(g->watch, &g->wd[--g->n_wd]);
}

void file_glob_free(struct file_glob **glob)
{
	struct file_glob *g = *glob;

	if (!g)
		return;
	unwatch(g);
	watch_leave(g->watch, &g->user);
	for (size_t i = 0; i < g->n_told; i++)
		free(g->told[i]);
	free(g->told);
	free(g->pattern);
	free(g);
	*glob = NULL;
}

bool file_glob_changed(const struct file_glob *g)
{
	return g->changed;
}

static bool is_told(const struct file_glob *g, const char *path)
{
	for (size_t i = 0; i < g->n_told; i++)
		if (strcmp(g->told[i], path) == 0)
			return true;
	return false;
}

/* Every directory that a wildcard looks into. */
static void watch_all(struct file_glob *g)
{
	const char *slash = strpbrk(g->pattern, "*?[\\");
	int wd[DIRECTORIES];
	size_t n = 0;

	while (slash > g->pattern && *slash != '/')
		slash--;
	for (; slash; slash = strchr(slash + 1, '/')) {
		char dir[PATH_MAX];
		glob_t found;

		snprintf(dir, sizeof(dir), "%.*s",
			(int)(slash - g->pattern) + 1, g->pattern);
		if (paths_find(dir, 0, &found, NULL) != 0)
			continue;
		for (size_t i = 0; i < found.gl_pathc && n < DIRECTORIES; i++) {
			wd[n] = watch_directory(g->watch, found.gl_pathv[i]);
			n += wd[n] >= 0;
		}
		globfree(&found);
	}
	/* The new ones first: the kernel must not end what is the same. */
	unwatch(g);
	memcpy(g->wd, wd, n * sizeof(*wd));
	g->n_wd = n;
}

static size_t tell(
	struct file_glob *g, const char *path, file_glob_fn fn, void *ctx)
{
	char *copy;

	if (is_told(g, path))
		return 0;
	if (g->n_told == FILE_GLOB_MOST) {
		if (!g->full)
			log_warning("%s: more than %d files, the rest is not "
				    "followed",
				g->pattern, FILE_GLOB_MOST);
		g->full = true;
		return 0;
	}
	copy = strdup(path);
	if (!copy)
		return 0;
	g->told[g->n_told++] = copy;
	fn(ctx, copy);
	return 1;
}

/* True if path is a rotated form of another that was found or told. */
static bool is_rotated(
	const struct file_glob *g, const glob_t *found, const char *path)
{
	for (size_t i = 0; i < found->gl_pathc; i++)
		if (file_name_is_rotated(found->gl_pathv[i], path))
			return true;
	for (size_t i = 0; i < g->n_told; i++)
		if (file_name_is_rotated(g->told[i], path))
			return true;
	return false;
}

size_t file_glob_scan(struct file_glob *g, file_glob_fn fn, void *ctx)
{
	glob_t found;
	size_t n = 0;

	g->changed = false;
	if (g->plain)
		return tell(g, g->pattern, fn, ctx);
	watch_all(g);
	if (paths_find(g->pattern, 0, &found, &g->cut) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];

		if (!file_name_is_compressed(path) &&
			!is_rotated(g, &found, path))
			n += tell(g, path, fn, ctx);
	}
	globfree(&found);
	return n;
}
