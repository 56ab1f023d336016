/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the values of a configuration refer to: a key that nothing reads and
 * nothing refers to is most often misspelt.
 */
#include <ctype.h>
#include <string.h>

#include "lib/conf_parts.h"

/* Calls fn with each value, also those that were overridden, until it is
 * true of one. */
static bool any_value(const struct conf *conf,
	bool (*fn)(void *ctx, const char *text), void *ctx)
{
	for (size_t i = 0; i < conf->n; i++)
		for (size_t k = 0; k < conf->sections[i].n; k++)
			for (const struct conf_value *v =
					conf->sections[i].slots[k].value;
				v; v = v->known)
				if (fn(ctx, v->text))
					return true;
	return false;
}

struct asked {
	conf_text_fn fn;
	const char *word;
};

static bool is_true(void *ctx, const char *text)
{
	const struct asked *asked = ctx;

	return asked->fn(text, asked->word);
}

bool conf_any_text(const struct conf *conf, conf_text_fn fn, const char *word)
{
	struct asked asked = {fn, word};

	return any_value(conf, is_true, &asked);
}

struct notes {
	struct arena *arena;
	struct names *names;
};

/* Notes the key of each %(key)s, with or without a section in it. */
static bool note(void *ctx, const char *text)
{
	const struct notes *notes = ctx;

	for (const char *s = text; (s = strstr(s, "%(")) != NULL;) {
		const char *name = s + 2, *end;
		char *key;

		end = memmem(name, strnlen(name, CONF_NAME_MOST), ")s", 2);
		s = name;
		if (!end)
			continue;
		for (const char *c = name; c < end; c++)
			if (*c == '/')
				name = c + 1;
		key = arena_copy(notes->arena, name, (size_t)(end - name));
		for (char *c = key; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		names_put(notes->names, key);
	}
	return false;
}

bool conf_refers(const struct conf *conf, const char *key)
{
	if (!conf->memo->referred) {
		struct notes notes = {conf->arena, names_new(conf->arena)};

		any_value(conf, note, &notes);
		conf->memo->referred = notes.names;
	}
	return names_find(conf->memo->referred, key) != NULL;
}
