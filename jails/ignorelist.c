/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ignoreip=: whom never to ban. A word that is not understood here must be
 * told, as the one whom it meant would be banned.
 */
#include "jails/ignorelist.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "jails/ignore.h"
#include "jails/jailfile.h"
#include "jails/jailvalue.h"
#include "lib/arena.h"

struct list {
	const struct jailvalue *v;
	struct jailvalue_text *t;
	struct jail *jail;
	size_t names_room, all;
};

/* "a.b.c.d/255.255.0.0", which prefix_parse does not know. */
static bool parse_netmask(const char *s, size_t n, struct prefix *out)
{
	const char *slash = memchr(s, '/', n);
	struct addr mask;
	uint32_t bits = 0;
	char text[40];
	int len;

	if (!slash || slash - s > 15 ||
		!addr_parse(slash + 1, n - (size_t)(slash - s) - 1, &mask) ||
		!addr_is_v4(&mask))
		return false;
	for (int i = 12; i < 16; i++)
		bits = bits << 8 | mask.ip[i];
	if (~bits & (~bits + 1))
		return false;
	len = snprintf(text, sizeof(text), "%.*s/%d", (int)(slash - s), s,
		__builtin_popcount(bits));
	return prefix_parse(text, (size_t)len, out);
}

bool ignorelist_prefix(const char *s, size_t n, struct prefix *out)
{
	return prefix_parse(s, n, out) || parse_netmask(s, n, out);
}

/* A host's name has a letter in its last label, and no odd characters. */
bool ignorelist_is_name(const char *s, size_t n)
{
	size_t label = 0;

	if (n == 0 || n > 253)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)s[i]) && !strchr(".-_", s[i]))
			return false;
		if (s[i] == '.' && i + 1 < n)
			label = i + 1;
	}
	for (size_t i = label; i < n; i++)
		if (isalpha((unsigned char)s[i]))
			return true;
	return false;
}

static void name_add(
	struct list *l, const char *s, size_t n, const char *file, int line)
{
	struct jail *jail = l->jail;

	if (jail->ignore_names_n == l->names_room) {
		size_t room = l->names_room ? l->names_room * 2 : 8;
		struct jail_text *grown =
			arena_alloc(l->v->arena, room * sizeof(*grown));

		if (l->names_room)
			memcpy(grown, jail->ignore_names,
				l->names_room * sizeof(*grown));
		jail->ignore_names = grown;
		l->names_room = room;
	}
	jail->ignore_names[jail->ignore_names_n++] =
		(struct jail_text){arena_copy(l->v->arena, s, n), file, line};
}

/* One word, of a file if that is named; false if it is nothing to ignore. */
static bool word_add(struct list *l, const char *s, size_t n, const char *named,
	const char *file, int line)
{
	struct prefix p;

	if (++l->all > JAIL_IGNORE_MOST)
		return false;
	if (ignorelist_prefix(s, n, &p))
		return ignore_add(l->jail, named, &p);
	if (!ignorelist_is_name(s, n))
		return false;
	name_add(l, s, n, file, line);
	return ignore_add(l->jail, arena_copy(l->v->arena, s, n), NULL);
}

/* named: the word as a whole. */
static void file_add(
	struct list *l, const char *at, const char *named, const char *path)
{
	FILE *f = NULL;
	char *row = NULL;
	size_t room = 0;
	int line = 0;
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		errno = EINVAL;
	else
		f = fopen(path, "re");
	if (!f) {
		jailvalue_fault(l->v, l->t, at, "cannot read %s: %s", path,
			strerror(errno));
		return;
	}
	ignore_add(l->jail, named, NULL);
	while (getline(&row, &room, f) >= 0) {
		char *rest = NULL;

		line++;
		row[strcspn(row, "#")] = '\0';
		for (char *word = strtok_r(row, " \t\r\n,;", &rest); word;
			word = strtok_r(NULL, " \t\r\n,;", &rest))
			if (!word_add(l, word, strlen(word), named, path, line))
				err_fault(l->v->err, path, line,
					"'%s' is neither an address, a prefix "
					"nor a name",
					word);
	}
	free(row);
	fclose(f);
}

void ignorelist_read(const struct jailvalue *v, struct jail *jail)
{
	struct jailvalue_text t = jailvalue_get(v, "ignoreip");
	struct list l = {.v = v, .t = &t, .jail = jail};
	const char *s = t.text;

	if (!s)
		return;
	for (;;) {
		size_t n;

		s += strspn(s, " \t\r\n,;");
		n = strcspn(s, " \t\r\n,;");
		if (n == 0)
			return;
		if (n > 5 && strncmp(s, "file:", 5) == 0) {
			const char *path = s + 5;

			if (n > 9 && strncmp(path, "//", 2) == 0)
				path += 2;
			file_add(&l, s, arena_copy(v->arena, s, n),
				arena_copy(v->arena, path,
					n - (size_t)(path - s)));
		} else if (!word_add(&l, s, n, NULL, t.value->file,
				   jailvalue_line(&t, s))) {
			jailvalue_fault(v, &t, s,
				"'%.*s' is neither an address, a prefix nor a "
				"name",
				(int)n, s);
		}
		s += n;
	}
}
