/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engine's sandbox shows it of the file system. The kernel lets a
 * process give up files, never take up more: where a log may come to be has to
 * be known at the start, so it is the directories that are named, and what a
 * link in them leads to. It must never show more than the configuration asks
 * for.
 */
#include "daemon/reach.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"
#include "daemon/engine.h"
#include "daemon/sandbox.h"
#include "jails/jail.h"
#include "lib/log.h"
#include "lib/memory.h"
#include "lib/paths.h"

struct reach {
	struct sandbox_path *paths;
	size_t n, room;
	bool names;	    /* it asks name servers */
	bool socket_passed; /* it has a syslog socket that is not its own */
};

/* What the libraries read, and where logs and the journal usually are. */
static const char *const always[] = {"/etc", "/usr", "/lib", "/lib64",
	"/var/log", "/run/log", "/dev/null", "/dev/urandom",
	"/proc/sys/kernel/random/boot_id", "/proc/pressure", "/proc/vmstat"};

static void add(struct reach *r, const char *path, enum sandbox_access access)
{
	char *real = realpath(path, NULL);

	if (!real)
		return;
	if (r->n == r->room) {
		r->room = r->room ? 2 * r->room : 32;
		r->paths = realloc(r->paths, r->room * sizeof(*r->paths));
		if (!r->paths)
			abort();
	}
	r->paths[r->n++] = (struct sandbox_path){real, access};
}

/* A path without links, of something that there is. */
static bool holds(const struct reach *r, const char *path)
{
	for (size_t i = 0; i < r->n; i++) {
		const char *top = r->paths[i].path;
		size_t n = strcmp(top, "/") == 0 ? 0 : strlen(top);

		if (r->paths[i].access != SANDBOX_SOCKET &&
			strncmp(path, top, n) == 0 &&
			(path[n] == '/' || path[n] == '\0'))
			return true;
	}
	return false;
}

/* A directory of configuration, and where the links in it lead. */
static void add_tree(struct reach *r, const char *path, int deep)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	add(r, path, SANDBOX_READ);
	while (dir && (entry = readdir(dir))) {
		char name[PATH_MAX];

		if (entry->d_name[0] == '.' ||
			snprintf(name, sizeof(name), "%s/%s", path,
				entry->d_name) >= (int)sizeof(name))
			continue;
		if (entry->d_type == DT_LNK)
			add(r, name, SANDBOX_READ);
		if (entry->d_type != DT_REG && deep > 0)
			add_tree(r, name, deep - 1);
	}
	if (dir)
		closedir(dir);
}

/* Where the syslog socket is made; NULL if none is to be. To be freed. */
static char *socket_directory(
	const struct reach *r, const struct config *config)
{
	bool wanted = false;
	char *path, *real;

	for (size_t i = 0; i < config->n; i++)
		wanted |= config->items[i].syslog_filter != CONFIG_NO_FILTER;
	if (!wanted || r->socket_passed)
		return NULL;
	path = memory_copy(config->settings.syslog_socket);
	real = realpath(dirname(path), NULL);
	free(path);
	return real;
}

static bool may_make_sockets(const struct reach *r, const char *directory)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->paths[i].access == SANDBOX_SOCKET &&
			strcmp(r->paths[i].path, directory) == 0)
			return true;
	return false;
}

/* Cuts the last part off; false if that leaves the root. */
static bool cut(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
	return slash && slash != path;
}

/*
 * The directory that a logpath's files are in or below, as far as there is one
 * now, without links; NULL if all there is of it is the root.
 */
static char *directory_of(const char *pattern)
{
	char *path = strdup(pattern), *real = NULL;
	bool more;

	if (!path)
		abort();
	path[strcspn(path, "*?[\\")] = '\0';
	more = cut(path);
	if (!more) /* a log in the root itself */
		real = strdup("/");
	while (more && !(real = realpath(path, NULL)))
		more = cut(path);
	free(path);
	return real;
}

/* A place that a jail names in this key: what it says, and where that is now
 * without links; NULL: nothing of it is there. */
typedef void (*place_fn)(void *ctx, const struct jail *jail, const char *key,
	const char *pattern, const char *directory);

/* Where the files are that match now: some may be links. */
static void each_match(const struct jail *jail, const char *key,
	const char *pattern, place_fn fn, void *ctx)
{
	glob_t found;

	if (paths_find(pattern, GLOB_NOSORT, &found, NULL) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char *real = realpath(found.gl_pathv[i], NULL);

		if (real && cut(real))
			fn(ctx, jail, key, pattern, real);
		free(real);
	}
	globfree(&found);
}

static void each_of(const struct jail *jail, const char *key,
	const char *pattern, place_fn fn, void *ctx)
{
	char *directory = directory_of(pattern);

	fn(ctx, jail, key, pattern, directory);
	free(directory);
	each_match(jail, key, pattern, fn, ctx);
}

/* The files of a journal that is not the host's own. */
static void each_journal(const struct jail *jail, place_fn fn, void *ctx)
{
	const struct jail_journal *journal = jail->journal;
	char *within;

	if (!journal)
		return;
	for (size_t i = 0; journal->files && journal->files[i]; i++)
		each_of(jail, "journalfiles", journal->files[i], fn, ctx);
	if (!journal->path)
		return;
	if (asprintf(&within, "%s/*", journal->path) < 0)
		abort();
	each_of(jail, "journalpath", within, fn, ctx);
	free(within);
}

/* Each place that the jails' logs are in. */
static void each_place(const struct config *config, place_fn fn, void *ctx)
{
	for (size_t i = 0; i < config->n; i++) {
		const struct jail *jail = config->items[i].jail;

		for (size_t j = 0; j < jail->logpaths_n; j++)
			each_of(jail, "logpath", jail->logpaths[j].glob, fn,
				ctx);
		each_journal(jail, fn, ctx);
	}
}

#define MISSING                                                          \
	"[%s] %s: nothing of the directory of %s is there; when it is, " \
	"restart mailband to have it read"

static void add_place(void *ctx, const struct jail *jail, const char *key,
	const char *pattern, const char *directory)
{
	struct reach *r = ctx;

	if (!directory)
		log_warning(MISSING, jail->name, key, pattern);
	else if (!holds(r, directory))
		add(r, directory, SANDBOX_READ);
}

struct check {
	const struct reach *reach;
	struct err *err;
};

static void check_place(void *ctx, const struct jail *jail, const char *key,
	const char *pattern, const char *directory)
{
	struct check *check = ctx;

	if (!directory)
		err_warning(check->err, jail->file, jail->line, MISSING,
			jail->name, key, pattern);
	else if (!holds(check->reach, directory))
		err_fault(check->err, jail->file, jail->line,
			"[%s] %s: %s was none of mailband's directories when "
			"it started; restart mailband to have %s read",
			jail->name, key, directory, pattern);
}

/* Lists of addresses that ignoreip names, with whatever replaces them. */
static void add_lists(struct reach *r, const struct jail *jail)
{
	for (size_t i = 0; i < jail->ignored_n; i++) {
		const char *name = jail->ignored[i].name;
		char *path;

		if (!name || strncmp(name, "file:", 5) != 0)
			continue;
		path = memory_copy(name + 5);
		add(r, dirname(path), SANDBOX_READ);
		free(path);
	}
}

struct reach *reach_new(
	const struct engine_options *options, const struct config *config)
{
	struct reach *r = calloc(1, sizeof(*r));
	char *copy = strdup(options->socket), *syslog;

	if (!r || !copy)
		abort();
	r->socket_passed = options->passed.syslog >= 0 && !options->passed.own;
	for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
		add(r, always[i], SANDBOX_READ);
	add_tree(r, options->confdir, 1);
	if (options->datadir)
		add_tree(r, options->datadir, 1);
	add(r, options->statedir, SANDBOX_STATE);
	add(r, dirname(copy), SANDBOX_SOCKET);
	free(copy);
	syslog = socket_directory(r, config);
	if (syslog && !may_make_sockets(r, syslog))
		add(r, syslog, SANDBOX_SOCKET);
	free(syslog);
	for (size_t i = 0; i < config->n; i++) {
		r->names |= config->items[i].jail->ignore_names_n > 0;
		add_lists(r, config->items[i].jail);
	}
	/* Where resolv.conf leads, which may come later. */
	if (r->names)
		add(r, "/run", SANDBOX_READ);
	each_place(config, add_place, r);
	return r;
}

void reach_free(struct reach **reach)
{
	struct reach *r = *reach;

	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		free((char *)(uintptr_t)r->paths[i].path);
	free(r->paths);
	free(r);
	*reach = NULL;
}

int reach_enter(const struct reach *r)
{
	return sandbox_enter_engine(r->paths, r->n, r->names);
}

bool reach_covers(
	const struct reach *r, const struct config *config, struct err *err)
{
	struct check check = {r, err};
	char *syslog = socket_directory(r, config);
	size_t before = err->faults;

	if (syslog && !may_make_sockets(r, syslog))
		err_fault(err, "mailban.conf", 0,
			"syslog_socket: %s was not to have one when mailband "
			"started; restart mailband to have it made",
			syslog);
	free(syslog);
	each_place(config, check_place, &check);
	for (size_t i = 0; i < config->n && !r->names; i++)
		if (config->items[i].jail->ignore_names_n > 0)
			err_warning(err, config->items[i].jail->file,
				config->items[i].jail->line,
				"[%s] ignoreip: name servers are asked for its "
				"names when mailband is restarted",
				config->items[i].jail->name);
	return err->faults == before;
}
