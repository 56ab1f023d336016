/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading configuration files in fail2ban's order, with what they include.
 * What is there and is no text, or goes on for ever, ends as a fault.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/conf_parts.h"
#include "lib/ini.h"

#define INCLUDE_DEPTH 10
/* Files that include ever more files could go on for years. */
#define INCLUDES_MOST 1000
/* What all files of a configuration together may have. */
#define FILES_MOST 10000
#define ENTRIES_MOST 100000
#define BYTES_MOST (32u << 20)

/* A file that is being read, and the one that includes it. */
struct reading {
	const char *path;
	const struct reading *by;
	int depth;
};

struct reader {
	struct conf *conf;
	const char *fallback_dir;
	struct err *err;
};

static int read_one(
	struct reader *r, const char *path, const struct reading *by);

/* Where an include named in the file at path lies; from the arena. */
static char *include_path(struct reader *r, const char *path, const char *name)
{
	struct arena *arena = r->conf->arena;
	const char *slash = strrchr(path, '/');
	char *at;

	if (name[0] == '/')
		return arena_string(arena, name);
	at = arena_print(arena, "%.*s%s", slash ? (int)(slash - path + 1) : 0,
		path, name);
	if (access(at, F_OK) < 0 && r->fallback_dir) {
		char *other =
			arena_print(arena, "%s/%s", r->fallback_dir, name);

		if (access(other, F_OK) == 0)
			return other;
	}
	return at;
}

/* The file that is laid over an included one; NULL if that is it. */
static char *local_of(struct reader *r, const char *path)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
	size_t n = strlen(path);

	if (dot && dot > (slash ? slash + 1 : path))
		n = (size_t)(dot - path);
	if (strcmp(path + n, ".local") == 0)
		return NULL;
	return arena_print(r->conf->arena, "%.*s.local", (int)n, path);
}

/* One more file may be included; when none may any more, that is said once. */
static bool may_include(struct reader *r, const char *path, int line)
{
	if (r->conf->includes > INCLUDES_MOST)
		return false;
	if (++r->conf->includes <= INCLUDES_MOST)
		return true;
	err_fault(r->err, path, line, "includes the file number %d",
		INCLUDES_MOST + 1);
	return false;
}

/* Existing trees name files that are not there, or that include what includes
 * them, and fail2ban goes on without. */
static void include(
	struct reader *r, const char *name, const struct reading *by, int line)
{
	char *at = include_path(r, by->path, name);
	char *local = local_of(r, at);
	size_t n = strlen(at);
	int error;

	for (const struct reading *up = by; up; up = up->by)
		if (strcmp(up->path, at) == 0) {
			err_warning(r->err, by->path, line,
				"includes %s, which includes it; that is left "
				"out",
				at);
			return;
		}
	error = read_one(r, at, by);
	if (error == -ENOENT && strpbrk(name, " \t"))
		err_warning(r->err, by->path, line,
			"includes '%s', which is not there; each file stands "
			"on a line of its own",
			name);
	else if (error == -ENOENT && n > 5 && !strcmp(at + n - 5, ".conf"))
		err_warning(r->err, by->path, line,
			"includes %s, which is not there", at);
	else if (error == -EMLINK)
		err_fault(r->err, by->path, line,
			"%s is included more than %d deep", at, INCLUDE_DEPTH);
	else if (error < 0 && error != -ENOENT)
		err_fault(r->err, by->path, line, "cannot include %s: %s", at,
			ini_why(error));
	if (local && access(local, F_OK) == 0)
		read_one(r, local, by);
}

/* Reads the files that an [INCLUDES] key names, one a row. */
static void read_includes(struct reader *r, const struct reading *file,
	const struct ini *ini, const char *key)
{
	for (size_t i = 0; i < ini->n; i++) {
		const struct ini_entry *e = &ini->entries[i];
		char *row, *rest;
		int nr = 0;

		if (strcmp(e->section, "INCLUDES") != 0 || !e->key ||
			strcmp(e->key, key) != 0)
			continue;
		rest = arena_string(r->conf->arena, e->text);
		while ((row = strsep(&rest, "\n"))) {
			int line = e->lines[nr++];

			if (!*row)
				continue;
			if (!may_include(r, file->path, line))
				break;
			include(r, row, file, line);
		}
	}
}

/* [name?condition] sets the keys "key?condition" of [name]. */
static void entry_set(
	struct conf *conf, const struct ini_entry *e, struct conf_value value)
{
	const char *mark = strchr(e->section, '?');
	const char *section = e->section, *key = e->key;

	if (mark) {
		section = arena_copy(
			conf->arena, section, (size_t)(mark - section));
		if (key)
			key = arena_print(conf->arena, "%s%s", key, mark);
	}
	if (key)
		conf_value_set(conf, section, key, value);
	else
		conf_heading_set(conf, section, &value);
}

/* False, and told, if with this file there is more than there may be. */
static bool has_room(struct reader *r, const char *path, const struct ini *ini)
{
	struct conf *conf = r->conf;

	conf->files++;
	conf->bytes += ini->bytes;
	conf->entries += ini->n;
	conf->full = conf->files > FILES_MOST || conf->bytes > BYTES_MOST ||
		     conf->entries > ENTRIES_MOST;
	if (conf->full)
		err_fault(r->err, path, 0,
			"with this file the configuration has more than %d "
			"files, %d sections and keys or %u MiB; it is read up "
			"to here",
			FILES_MOST, ENTRIES_MOST, BYTES_MOST >> 20);
	return !conf->full;
}

static int read_one(
	struct reader *r, const char *path, const struct reading *by)
{
	const struct reading file = {
		arena_string(r->conf->arena, path), by, by ? by->depth + 1 : 0};
	struct ini ini;
	int error;

	if (r->conf->full)
		return 0;
	if (file.depth > INCLUDE_DEPTH)
		return -EMLINK;
	error = ini_read(&ini, r->conf->arena, path, r->err);
	if (error < 0 || !has_room(r, path, &ini))
		return error;
	read_includes(r, &file, &ini, "before");
	for (size_t i = 0; i < ini.n; i++) {
		const struct ini_entry *e = &ini.entries[i];

		if (strcmp(e->section, "INCLUDES") == 0)
			continue;
		entry_set(r->conf, e,
			(struct conf_value){
				.file = file.path,
				.line = e->lines[0],
				.text = e->text,
				.lines = e->lines,
				.rows = e->rows,
			});
	}
	read_includes(r, &file, &ini, "after");
	return 0;
}

int conf_read(struct conf *conf, const char *path, const char *fallback_dir,
	struct err *err)
{
	struct reader r = {conf, fallback_dir, err};

	return read_one(&r, path, NULL);
}

/* A link that leads nowhere is passed over, as fail2ban does; one that was
 * there a moment ago is the same. */
static bool read_found(struct reader *r, const char *path)
{
	int error = read_one(r, path, NULL);

	if (error == -ENOENT || error == -ELOOP)
		err_warning(r->err, path, 0,
			"is not read: there is nothing where it leads; mend "
			"that link or remove it");
	else if (error < 0)
		err_fault(r->err, path, 0, "cannot read: %s", ini_why(error));
	return error == 0;
}

static int read_glob(struct reader *r, const char *pattern)
{
	glob_t found;
	int n = 0;

	if (glob(pattern, 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc && !r->conf->full; i++)
		n += read_found(r, found.gl_pathv[i]);
	globfree(&found);
	return n;
}

/* Freed by the caller. Only what is behind the folder is a pattern. */
static char *pattern_in(const char *dir, const char *name, const char *end)
{
	size_t dir_n = strlen(dir), name_n = strlen(name);
	char *pattern = malloc(2 * (dir_n + name_n) + strlen(end) + 2), *to;

	if (!pattern)
		abort();
	to = pattern;
	for (size_t i = 0; i <= dir_n + name_n; i++) {
		char c = i < dir_n    ? dir[i]
			 : i == dir_n ? '/'
				      : name[i - dir_n - 1];

		if (strchr("*?[\\", c))
			*to++ = '\\';
		*to++ = c;
	}
	strcpy(to, end);
	return pattern;
}

int conf_read_tree(struct conf *conf, const char *dir, const char *name,
	const char *fallback_dir, struct err *err)
{
	static const char *const ends[] = {
		".conf", ".d/*.conf", ".local", ".d/*.local"};
	struct reader r = {conf, fallback_dir, err};
	int n = 0;

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		char *pattern = pattern_in(dir, name, ends[i]);

		n += read_glob(&r, pattern);
		free(pattern);
	}
	return n;
}
