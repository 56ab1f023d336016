/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fail2ban's way of laying configuration files over each other: the order of
 * files, includes, and who overrides whom. conf_expand.c has the interpolation.
 */
#include "lib/conf.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/ini.h"

#define INCLUDE_DEPTH 10
/* Files that include ever more files could go on for years. */
#define INCLUDES_MOST 1000

struct slot {
	const char *key;
	const struct conf_value *value;
};

struct section {
	const char *name;
	const char *file; /* of its first heading; NULL: there was none */
	int line;
	struct slot *slots;
	size_t n, room;
};

struct conf {
	struct arena *arena;
	struct section *sections;
	size_t n, room;
	unsigned int includes; /* files read so, INCLUDES_MOST + 1 at most */
};

struct conf *conf_new(struct arena *arena)
{
	struct conf *conf = arena_alloc(arena, sizeof(*conf));

	conf->arena = arena;
	return conf;
}

static struct section *section_find(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->n; i++)
		if (strcmp(conf->sections[i].name, name) == 0)
			return &conf->sections[i];
	return NULL;
}

/* Doubles an array that lives in the arena. */
static void *grow(
	struct arena *arena, void *items, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 8;
	void *grown = arena_alloc(arena, more * size);

	if (n)
		memcpy(grown, items, n * size);
	*room = more;
	return grown;
}

static struct section *section_make(struct conf *conf, const char *name)
{
	struct section *s = section_find(conf, name);

	if (s)
		return s;
	if (conf->n == conf->room)
		conf->sections = grow(conf->arena, conf->sections, conf->n,
			&conf->room, sizeof(*conf->sections));
	s = &conf->sections[conf->n++];
	*s = (struct section){.name = arena_string(conf->arena, name)};
	return s;
}

static struct slot *slot_find(const struct section *s, const char *key)
{
	for (size_t i = 0; s && i < s->n; i++)
		if (strcmp(s->slots[i].key, key) == 0)
			return &s->slots[i];
	return NULL;
}

static void value_set(struct conf *conf, const char *section, const char *key,
	struct conf_value value)
{
	struct section *s = section_make(conf, section);
	struct slot *slot = slot_find(s, key);
	struct conf_value *kept = arena_alloc(conf->arena, sizeof(*kept));

	if (!slot) {
		if (s->n == s->room)
			s->slots = grow(conf->arena, s->slots, s->n, &s->room,
				sizeof(*s->slots));
		slot = &s->slots[s->n++];
		slot->key = arena_string(conf->arena, key);
		slot->value = NULL;
	}
	*kept = value;
	kept->known = slot->value;
	slot->value = kept;
}

void conf_set(struct conf *conf, const char *section, const char *key,
	const char *text, const char *file, int line)
{
	int *lines = arena_alloc(conf->arena, sizeof(*lines));

	*lines = line;
	value_set(conf, section, key,
		(struct conf_value){
			.file = arena_string(conf->arena, file),
			.line = line,
			.text = arena_string(conf->arena, text),
			.lines = lines,
			.rows = 1,
		});
}

const struct conf_value *conf_find_own(
	const struct conf *conf, const char *section, const char *key)
{
	struct slot *slot = slot_find(section_find(conf, section), key);

	return slot ? slot->value : NULL;
}

const struct conf_value *conf_find(
	const struct conf *conf, const char *section, const char *key)
{
	const struct conf_value *own = conf_find_own(conf, section, key);

	return own ? own : conf_find_own(conf, "DEFAULT", key);
}

static bool is_hidden(const struct section *s)
{
	return strcmp(s->name, "DEFAULT") == 0 ||
	       strcmp(s->name, "INCLUDES") == 0;
}

size_t conf_sections(const struct conf *conf)
{
	size_t n = 0;

	for (size_t i = 0; i < conf->n; i++)
		n += !is_hidden(&conf->sections[i]);
	return n;
}

const char *conf_section(const struct conf *conf, size_t i)
{
	for (size_t at = 0; at < conf->n; at++)
		if (!is_hidden(&conf->sections[at]) && i-- == 0)
			return conf->sections[at].name;
	return NULL;
}

bool conf_has_section(const struct conf *conf, const char *section)
{
	return section_find(conf, section) != NULL;
}

size_t conf_keys(const struct conf *conf, const char *section)
{
	const struct section *s = section_find(conf, section);

	return s ? s->n : 0;
}

const char *conf_key(const struct conf *conf, const char *section, size_t i)
{
	const struct section *s = section_find(conf, section);

	return s && i < s->n ? s->slots[i].key : NULL;
}

static int read_one(struct conf *conf, const char *path,
	const char *fallback_dir, int depth, struct err *err);

/* Where an include named in the file at path lies; from the arena. */
static char *include_path(struct conf *conf, const char *path, const char *name,
	const char *fallback_dir)
{
	const char *slash = strrchr(path, '/');
	char *at;

	if (name[0] == '/')
		return arena_string(conf->arena, name);
	at = arena_print(conf->arena, "%.*s%s",
		slash ? (int)(slash - path + 1) : 0, path, name);
	if (access(at, F_OK) < 0 && fallback_dir) {
		char *other =
			arena_print(conf->arena, "%s/%s", fallback_dir, name);

		if (access(other, F_OK) == 0)
			return other;
	}
	return at;
}

static char *local_of(struct conf *conf, const char *path)
{
	size_t n = strlen(path);

	if (n < 5 || strcmp(path + n - 5, ".conf") != 0)
		return NULL;
	return arena_print(conf->arena, "%.*s.local", (int)(n - 5), path);
}

/* One more file may be included; when none may any more, that is said once. */
static bool may_include(
	struct conf *conf, const char *path, int line, struct err *err)
{
	if (conf->includes > INCLUDES_MOST)
		return false;
	if (++conf->includes <= INCLUDES_MOST)
		return true;
	err_fault(err, path, line, "includes the file number %d",
		INCLUDES_MOST + 1);
	return false;
}

/* Reads the files that an [INCLUDES] key names, one a row. */
static void read_includes(struct conf *conf, const char *path,
	const struct ini *ini, const char *key, const char *fallback_dir,
	int depth, struct err *err)
{
	for (size_t i = 0; i < ini->n; i++) {
		const struct ini_entry *e = &ini->entries[i];
		char *rows, *row, *rest = NULL;

		if (strcmp(e->section, "INCLUDES") != 0 || !e->key ||
			strcmp(e->key, key) != 0)
			continue;
		rows = arena_string(conf->arena, e->text);
		for (row = strtok_r(rows, " \t\n", &rest);
			row && may_include(conf, path, e->lines[0], err);
			row = strtok_r(NULL, " \t\n", &rest)) {
			char *at = include_path(conf, path, row, fallback_dir);
			char *local = local_of(conf, at);
			int r = read_one(
				conf, at, fallback_dir, depth + 1, err);

			/* Existing trees name files that are not there, and
			 * fail2ban goes on without them. */
			if (r == -ENOENT && local)
				err_warning(err, path, e->lines[0],
					"includes %s, which is not there", at);
			else if (r == -ELOOP)
				err_fault(err, path, e->lines[0],
					"%s includes itself, or more than %d "
					"deep",
					at, INCLUDE_DEPTH);
			else if (r < 0 && r != -ENOENT)
				err_fault(err, path, e->lines[0],
					"cannot include %s: %s", at,
					strerror(-r));
			if (local && access(local, F_OK) == 0)
				read_one(conf, local, fallback_dir, depth + 1,
					err);
		}
	}
}

const char *conf_section_place(
	const struct conf *conf, const char *section, int *line)
{
	const struct section *s = section_find(conf, section);

	if (s)
		*line = s->line;
	return s ? s->file : NULL;
}

static void heading_set(
	struct conf *conf, const char *name, const struct conf_value *at)
{
	struct section *s = section_make(conf, name);

	if (s->file)
		return;
	s->file = at->file;
	s->line = at->line;
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
		value_set(conf, section, key, value);
	else
		heading_set(conf, section, &value);
}

static int read_one(struct conf *conf, const char *path,
	const char *fallback_dir, int depth, struct err *err)
{
	struct ini ini;
	char *file;
	int r;

	if (depth > INCLUDE_DEPTH)
		return -ELOOP;
	r = ini_read(&ini, conf->arena, path, err);
	if (r < 0)
		return r;
	file = arena_string(conf->arena, path);
	read_includes(conf, path, &ini, "before", fallback_dir, depth, err);
	for (size_t i = 0; i < ini.n; i++) {
		const struct ini_entry *e = &ini.entries[i];

		if (strcmp(e->section, "INCLUDES") == 0)
			continue;
		entry_set(conf, e,
			(struct conf_value){
				.file = file,
				.line = e->lines[0],
				.text = e->text,
				.lines = e->lines,
				.rows = e->rows,
			});
	}
	read_includes(conf, path, &ini, "after", fallback_dir, depth, err);
	return 0;
}

int conf_read(struct conf *conf, const char *path, const char *fallback_dir,
	struct err *err)
{
	return read_one(conf, path, fallback_dir, 0, err);
}

static int read_glob(struct conf *conf, const char *pattern,
	const char *fallback_dir, struct err *err)
{
	glob_t found;
	int n = 0, r;

	if (glob(pattern, 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		r = read_one(conf, found.gl_pathv[i], fallback_dir, 0, err);
		if (r < 0)
			err_fault(err, found.gl_pathv[i], 0, "cannot read: %s",
				strerror(-r));
		else
			n++;
	}
	globfree(&found);
	return n;
}

int conf_read_tree(struct conf *conf, const char *dir, const char *name,
	const char *fallback_dir, struct err *err)
{
	static const char *const ends[] = {
		".conf", ".d/*.conf", ".local", ".d/*.local"};
	int n = 0;

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		char *pattern;

		if (asprintf(&pattern, "%s/%s%s", dir, name, ends[i]) < 0)
			abort();
		n += read_glob(conf, pattern, fallback_dir, err);
		free(pattern);
	}
	return n;
}

bool conf_bool(const char *text, bool *out)
{
	static const char *const words[] = {
		"no", "yes", "false", "true", "off", "on", "0", "1"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcasecmp(text, words[i]) == 0) {
			*out = i % 2;
			return true;
		}
	return false;
}
