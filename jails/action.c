/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The action= of a jail. mailban runs no action: it has to know which ones
 * mean "ban in the kernel", and to name all others.
 */
#include "jails/action.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lib/arena.h"

static enum action_kind kind_of(const char *name)
{
	static const struct {
		const char *begin;
		enum action_kind kind;
	} kinds[] = {
		{"nftables", ACTION_BAN},
		{"iptables", ACTION_BAN},
		{"sendmail", ACTION_NOTICE},
		{"firewallcmd", ACTION_OTHER_BAN},
		{"ufw", ACTION_OTHER_BAN},
		{"shorewall", ACTION_OTHER_BAN},
		{"ipfw", ACTION_OTHER_BAN},
		{"bsd-ipfw", ACTION_OTHER_BAN},
		{"ipfilter", ACTION_OTHER_BAN},
		{"pf", ACTION_OTHER_BAN},
		{"npf", ACTION_OTHER_BAN},
		{"osx-", ACTION_OTHER_BAN},
		{"hostsdeny", ACTION_OTHER_BAN},
		{"route", ACTION_OTHER_BAN},
		{"symbiosis-", ACTION_OTHER_BAN},
		{"apf", ACTION_OTHER_BAN},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strncmp(name, kinds[i].begin, strlen(kinds[i].begin)) == 0)
			return kinds[i].kind;
	return ACTION_OTHER;
}

static const char *skip(const char *s, const char *what)
{
	return s + strspn(s, what);
}

static bool begins_word(const char *s, size_t n, const char *word)
{
	size_t len = strlen(word);

	return n >= len && strncasecmp(s, word, len) == 0;
}

/* One option=value at s; behind it, or NULL. */
static const char *take_option(
	const char *s, struct arena *arena, struct action *out)
{
	size_t key_n = strcspn(s, "=,[]\" '\t\n"), n;
	const char *key = s, *value;

	s = skip(s + key_n, " \t");
	if (key_n == 0 || *s != '=')
		return NULL;
	s = skip(s + 1, " \t");
	if (*s == '"' || *s == '\'') {
		const char *end = strchr(s + 1, *s);

		if (!end)
			return NULL;
		value = s + 1;
		n = (size_t)(end - value);
		s = end + 1;
	} else {
		value = s;
		n = strcspn(s, ",]");
		s += n;
		while (n && isspace((unsigned char)value[n - 1]))
			n--;
	}
	if (key_n == 4 && strncmp(key, "port", 4) == 0)
		out->port = arena_copy(arena, value, n);
	else if (key_n == 8 && strncmp(key, "protocol", 8) == 0)
		out->protocol = arena_copy(arena, value, n);
	else if (key_n == 7 && strncmp(key, "actname", 7) == 0)
		out->actname = arena_copy(arena, value, n);
	else if (key_n == 9 && strncmp(key, "blocktype", 9) == 0)
		out->allows = begins_word(value, n, "RETURN") ||
			      begins_word(value, n, "ACCEPT");
	else if (key_n == 4 && strncmp(key, "type", 4) == 0)
		out->allports = n == 8 && strncmp(value, "allports", 8) == 0;
	return s;
}

int action_next(const char **at, struct arena *arena, struct action *out)
{
	const char *s = skip(*at, " \t\r\n");
	size_t n = strcspn(s, "[ \t\r\n"), end;

	*out = (struct action){0};
	if (!*s)
		return 0;
	if (n == 0)
		return -1;
	out->name = arena_copy(arena, s, n);
	out->actname = out->name;
	out->kind = kind_of(out->name);
	end = n > 8 ? n - 8 : 0;
	out->allports = strcmp(out->name + end, "allports") == 0;
	s += n;
	while (*skip(s, " \t\r\n") == '[') {
		s = skip(skip(s, " \t\r\n") + 1, " \t\r\n,");
		while (*s && *s != ']') {
			s = take_option(s, arena, out);
			if (!s)
				return -1;
			s = skip(s, " \t\r\n");
			if (*s && *s != ',' && *s != ']')
				return -1;
			s = skip(s, " \t\r\n,");
		}
		if (*s != ']')
			return -1;
		s++;
	}
	*at = s;
	return 1;
}
