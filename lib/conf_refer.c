/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the values of a configuration refer to: a key that nothing reads and
 * nothing refers to is most often misspelt.
 */
#include <string.h>
#include <strings.h>

#include "lib/conf.h"

static bool section_any(const struct conf *conf, const char *section,
	conf_text_fn fn, const char *word)
{
	for (size_t i = 0; i < conf_keys(conf, section); i++)
		for (const struct conf_value *v = conf_find_own(
			     conf, section, conf_key(conf, section, i));
			v; v = v->known)
			if (fn(v->text, word))
				return true;
	return false;
}

bool conf_any_text(const struct conf *conf, conf_text_fn fn, const char *word)
{
	if (section_any(conf, "DEFAULT", fn, word))
		return true;
	for (size_t i = 0; i < conf_sections(conf); i++)
		if (section_any(conf, conf_section(conf, i), fn, word))
			return true;
	return false;
}

/* True if text has a %(key)s, with or without a section in it. */
static bool text_refers(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *s = text; (s = strstr(s, "%(")) != NULL;) {
		const char *end = strstr(s, ")s"), *name = s + 2;

		if (!end)
			break;
		for (const char *c = name; c < end; c++)
			if (*c == '/')
				name = c + 1;
		if ((size_t)(end - name) == n && strncasecmp(name, key, n) == 0)
			return true;
		s = name;
	}
	return false;
}

bool conf_refers(const struct conf *conf, const char *key)
{
	return conf_any_text(conf, text_refers, key);
}
