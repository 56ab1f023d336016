/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sections and keys of configuration files that lie over each other, and
 * who overrides whom. conf_read.c reads the files, conf_expand.c has the
 * interpolation.
 */
#include <string.h>
#include <strings.h>

#include "lib/conf_parts.h"

struct conf *conf_new(struct arena *arena)
{
	struct conf *conf = arena_alloc(arena, sizeof(*conf));

	conf->arena = arena;
	conf->numbers = names_new(arena);
	conf->memo = arena_alloc(arena, sizeof(*conf->memo));
	return conf;
}

static struct conf_section *section_find(
	const struct conf *conf, const char *name)
{
	const size_t *number = names_find(conf->numbers, name);

	return number ? &conf->sections[*number - 1] : NULL;
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

static struct conf_section *section_make(struct conf *conf, const char *name)
{
	struct conf_section *s = section_find(conf, name);

	if (s)
		return s;
	if (conf->n == conf->room)
		conf->sections = grow(conf->arena, conf->sections, conf->n,
			&conf->room, sizeof(*conf->sections));
	s = &conf->sections[conf->n++];
	*s = (struct conf_section){.name = arena_string(conf->arena, name),
		.numbers = names_new(conf->arena)};
	*names_put(conf->numbers, s->name) = conf->n;
	return s;
}

static struct conf_slot *slot_find(
	const struct conf_section *s, const char *key)
{
	const size_t *number = s ? names_find(s->numbers, key) : NULL;

	return number ? &s->slots[*number - 1] : NULL;
}

void conf_value_set(struct conf *conf, const char *section, const char *key,
	struct conf_value value)
{
	struct conf_section *s = section_make(conf, section);
	struct conf_slot *slot = slot_find(s, key);
	struct conf_value *kept = arena_alloc(conf->arena, sizeof(*kept));

	if (!slot) {
		if (s->n == s->room)
			s->slots = grow(conf->arena, s->slots, s->n, &s->room,
				sizeof(*s->slots));
		slot = &s->slots[s->n++];
		slot->key = arena_string(conf->arena, key);
		slot->value = NULL;
		*names_put(s->numbers, slot->key) = s->n;
	}
	*kept = value;
	kept->key = slot->key;
	kept->known = slot->value;
	slot->value = kept;
	conf->memo->referred = NULL;
}

void conf_set(struct conf *conf, const char *section, const char *key,
	const char *text, const char *file, int line)
{
	int *lines = arena_alloc(conf->arena, sizeof(*lines));

	*lines = line;
	conf_value_set(conf, section, key,
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
	struct conf_slot *slot = slot_find(section_find(conf, section), key);

	return slot ? slot->value : NULL;
}

const struct conf_value *conf_find(
	const struct conf *conf, const char *section, const char *key)
{
	const struct conf_value *own = conf_find_own(conf, section, key);

	return own ? own : conf_find_own(conf, "DEFAULT", key);
}

static bool is_hidden(const struct conf_section *s)
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
	const struct conf_section *s = section_find(conf, section);

	return s ? s->n : 0;
}

const char *conf_key(const struct conf *conf, const char *section, size_t i)
{
	const struct conf_section *s = section_find(conf, section);

	return s && i < s->n ? s->slots[i].key : NULL;
}

const char *conf_section_place(
	const struct conf *conf, const char *section, int *line)
{
	const struct conf_section *s = section_find(conf, section);

	if (s)
		*line = s->line;
	return s ? s->file : NULL;
}

void conf_heading_set(
	struct conf *conf, const char *name, const struct conf_value *at)
{
	struct conf_section *s = section_make(conf, name);

	if (s->file)
		return;
	s->file = at->file;
	s->line = at->line;
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
