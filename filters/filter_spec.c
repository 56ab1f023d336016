/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The notation by which a jail names its filter: name[option=value, ...]. */
#include "filters/filterfile.h"

#include <ctype.h>
#include <string.h>

#define OPTIONS_MOST 64

static const char *skip_blank(const char *s)
{
	while (isspace((unsigned char)*s) || *s == ',')
		s++;
	return s;
}

/* The value at *at, quoted or up to "," or "]"; *at moves behind it. */
static char *take_value(const char **at, struct arena *arena)
{
	const char *s = *at, *end;
	char quote = *s;

	if (quote == '"' || quote == '\'') {
		end = strchr(s + 1, quote);
		if (!end)
			return NULL;
		*at = end + 1;
		return arena_copy(arena, s + 1, (size_t)(end - s) - 1);
	}
	end = s + strcspn(s, ",]");
	*at = end;
	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	return arena_copy(arena, s, (size_t)(end - s));
}

static bool take_option(
	const char **at, struct filter_option *option, struct arena *arena)
{
	const char *s = *at, *end = s + strcspn(s, "=]");
	const char *stop = end;

	if (*end != '=')
		return false;
	while (stop > s && isspace((unsigned char)stop[-1]))
		stop--;
	option->key = arena_copy(arena, s, (size_t)(stop - s));
	end++;
	while (isspace((unsigned char)*end))
		end++;
	option->value = take_value(&end, arena);
	*at = end;
	return option->value && *option->key;
}

bool filter_spec_parse(struct filter_spec *spec, const char *text,
	struct arena *arena, struct err *err)
{
	struct filter_option *options =
		arena_alloc(arena, OPTIONS_MOST * sizeof(*options));
	const char *s = text + strcspn(text, "[");
	const char *end = s;

	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	spec->name = arena_copy(arena, text, (size_t)(end - text));
	spec->options = options;
	spec->options_n = 0;
	while (*s == '[') {
		for (s = skip_blank(s + 1); *s && *s != ']';
			s = skip_blank(s)) {
			if (spec->options_n == OPTIONS_MOST ||
				!take_option(
					&s, &options[spec->options_n], arena))
				goto malformed;
			spec->options_n++;
		}
		if (*s != ']')
			goto malformed;
		s = skip_blank(s + 1);
	}
	if (*spec->name && !*s)
		return true;
malformed:
	err_fault(err, spec->file, spec->line,
		"filter: '%s' is not of the form name[option=value, ...]",
		text);
	return false;
}
